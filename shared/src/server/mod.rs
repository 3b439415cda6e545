//! What the four services have in common: reading a request, knowing its caller, answering, and being operated.

pub mod auth_client;
pub mod caller;
pub mod clock;
pub mod config;
pub mod cursor;
pub mod fail_point;
pub mod group_call;
pub mod group_commit;
pub mod group_read;
pub mod groups;
pub mod health;
pub mod idempotency;
pub mod json;
mod lease;
mod measures;
pub mod mongo;
pub mod observe;
pub mod origin;
pub mod problem;
pub mod rate_limit;
pub mod run;
pub mod service_token;
pub mod telemetry;
pub mod trace;
pub mod upstream;
mod watchdog;
pub mod web;

/// Of the whole process: requests are many small pieces of memory, which the system's allocator is slow to hand out and
/// slow to take back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use auth_client::AuthClient;
pub use caller::{Caller, CurrentUser, FreshUser, Identify};
pub use clock::Clock;
pub use config::{AppEnv, CommonConfig, ConfigError, Env};
pub use group_call::GroupCall;
pub use group_commit::{GroupCommit, Written};
pub use group_read::GroupRead;
pub use groups::Groups;
pub use idempotency::{Fingerprint, IdempotencyKey, id_under};
pub use json::{Created, Json, Path, Query, Rendered};
pub use problem::error_response;
pub use rate_limit::RateLimits;
pub use service_token::{ServiceCaller, ServiceToken};
pub use upstream::{Upstream, UpstreamError};
pub use web::ServiceContext;
