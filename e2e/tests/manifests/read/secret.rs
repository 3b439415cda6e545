//! The variables that are not in the tree: which there are, and values for them.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use rand::Rng;

/// An entry of AWS Secrets Manager.
#[derive(Debug, PartialEq, Eq)]
pub struct Keys {
    /// It has these.
    pub required: BTreeSet<String>,
    /// It may have these.
    pub optional: BTreeSet<String>,
}

/// What Terraform says that an entry holds.
pub fn keys(entry: &str) -> Result<Keys> {
    let terraform = super::text("terraform/modules/secrets/main.tf")?;
    let line = terraform.lines().find_map(|line| {
        let (name, keys) = line.trim().split_once('=')?;
        (name.trim() == entry && keys.contains("required")).then_some(keys)
    });
    let line = line.with_context(|| format!("terraform makes no secret {entry}"))?;
    let (required, optional) = line.split_once("optional").context("no optional keys")?;
    Ok(Keys { required: quoted(required), optional: quoted(optional) })
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// A value for a secret variable of a service.
pub fn value(name: &str, service: &str) -> String {
    match name {
        "MONGODB_URI" => format!("mongodb://127.0.0.1:27017/{service}_db?replicaSet=rs0"),
        "ADMIN_EMAIL" => "admin@ticketer.example".to_owned(),
        _ => strong(),
    }
}

/// 32 bytes in base64url, which nobody has seen before.
pub fn strong() -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = rand::rng();
    let letters = (0..42).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]));
    // Of the last letter two bits stand for nothing and must be 0.
    letters.chain(['A']).collect()
}
