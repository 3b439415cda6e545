//! What runs beside the requests, until the service stops. Any number of replicas may do it at once.

pub mod auditor;
pub mod called_off;
pub mod expiry;
pub mod feed;
