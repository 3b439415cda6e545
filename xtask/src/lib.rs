//! Starts, builds, tests and checks the whole platform; the tests in `e2e` start it through the same code.

pub mod bench;
pub mod browser;
pub mod cargo;
pub mod compose_test;
pub mod db;
pub mod demo;
pub mod deploy;
pub mod leftovers;
pub mod lint;
pub mod mongo;
pub mod paths;
pub mod ports;
pub mod process;
pub mod say;
pub mod serve;
pub mod services;
pub mod test;
pub mod up;
pub mod wait;
pub mod watch;
pub mod web;
