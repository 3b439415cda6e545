//! What runs beside the requests, until the service stops. Any number of replicas may do it at once.

pub mod expiry;
pub mod feed;
