//! The collection `users`: one document an account.

use std::collections::HashMap;

use bson::{DateTime, RawDocumentBuf, doc};
use mongodb::{
    Collection, Database, IndexModel,
    options::{IndexOptions, ReturnDocument},
};
use serde::{Deserialize, Serialize};
use shared::{
    UserId,
    auth::{Role, User},
    server::{GroupRead, mongo::is_duplicate_key},
};

use super::read_together;
use crate::Error;

const COLLECTION: &str = "users";

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDocument {
    /// Who it is.
    #[serde(rename = "_id")]
    pub id: UserId,
    /// Normalized; unique.
    pub email: String,
    /// PHC string.
    pub password_hash: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub is_active: bool,
    /// When they registered.
    pub created_at: DateTime,
    /// When they signed in last.
    pub last_login: Option<DateTime>,
}

impl From<UserDocument> for User {
    fn from(document: UserDocument) -> Self {
        let UserDocument { id, email, first_name, last_name, role, .. } = document;
        Self { id, email, first_name, last_name, role }
    }
}

/// The accounts.
#[derive(Clone, Debug)]
pub struct Users {
    collection: Collection<UserDocument>,
    single: GroupRead<UserDocument>,
}

/// One account for an address: two registrations at once meet here.
pub async fn ensure_indexes(database: &Database) -> Result<(), mongodb::error::Error> {
    let unique = IndexOptions::builder().unique(true).build();
    let email = IndexModel::builder().keys(doc! { "email": 1 }).options(unique).build();
    database.collection::<UserDocument>(COLLECTION).create_index(email).await.map(drop)
}

impl Users {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        let collection = database.collection(COLLECTION);
        Self { single: GroupRead::start(&collection), collection }
    }

    /// A new account; an address that has one is [`Error::EmailTaken`].
    pub async fn insert(&self, user: &UserDocument) -> Result<(), Error> {
        match self.collection.insert_one(user).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate_key(&error) => Err(Error::EmailTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// The account with this normalized address.
    pub async fn find_by_email(&self, email: &str) -> Result<Option<UserDocument>, Error> {
        Ok(self.collection.find_one(doc! { "email": email }).await?)
    }

    /// The account, unless it is shut.
    pub async fn find_active(&self, id: UserId) -> Result<Option<UserDocument>, mongodb::error::Error> {
        Ok(self.single.find(id).await?.filter(|user| user.is_active))
    }

    /// Those of these accounts that there are, by one query.
    pub async fn read(&self, ids: Vec<UserId>) -> Result<ReadUsers, mongodb::error::Error> {
        let found = read_together(&self.collection, ids).await?;
        let id = |user: &RawDocumentBuf| bson::deserialize_from_slice(user.as_bytes()).ok().map(|OfUser { id }| id);
        Ok(ReadUsers(found.into_iter().filter_map(|user| Some((id(&user)?, user))).collect()))
    }

    /// Remembers that they signed in.
    pub async fn record_login(&self, id: UserId, at: DateTime) -> Result<(), Error> {
        self.collection.update_one(doc! { "_id": id }, doc! { "$set": { "lastLogin": at } }).await?;
        Ok(())
    }

    /// Changes their names; `None` where the account is gone.
    pub async fn rename(&self, id: UserId, first: &str, last: &str) -> Result<Option<UserDocument>, Error> {
        let names = doc! { "$set": { "firstName": first, "lastName": last } };
        let renamed = self.collection.find_one_and_update(doc! { "_id": id, "isActive": true }, names);
        Ok(renamed.return_document(ReturnDocument::After).await?)
    }

    /// Replaces `old_hash`; false where it is not the current one any more.
    pub async fn replace_password(&self, id: UserId, old_hash: &str, new_hash: &str) -> Result<bool, Error> {
        let current = doc! { "_id": id, "passwordHash": old_hash };
        let replaced = self.collection.update_one(current, doc! { "$set": { "passwordHash": new_hash } }).await?;
        Ok(replaced.matched_count == 1)
    }
}

#[derive(Deserialize)]
struct OfUser {
    #[serde(rename = "_id")]
    id: UserId,
}

/// Accounts that were read together. Each is taken apart for itself: one that makes no sense is no trouble to the others.
#[derive(Debug)]
pub struct ReadUsers(HashMap<UserId, RawDocumentBuf>);

impl ReadUsers {
    /// The account, unless it is shut.
    pub fn active(&self, id: UserId) -> Result<Option<UserDocument>, bson::error::Error> {
        let Some(user) = self.0.get(&id) else { return Ok(None) };
        let user: UserDocument = bson::deserialize_from_slice(user.as_bytes())?;
        Ok(Some(user).filter(|user| user.is_active))
    }
}
