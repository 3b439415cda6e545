//! The auth service.

use shared::auth::{ChangePassword, Login, Register, SignedIn, UpdateProfile, User};

use super::{
    ApiError,
    http::{Call, Service::Auth},
};

/// Opens an account and signs in.
pub async fn register(request: &Register) -> Result<User, ApiError> {
    let answer: SignedIn = Call::post(Auth, "/api/auth/register").json(request).answer().await?;
    Ok(answer.user)
}

/// Signs in.
pub async fn login(request: &Login) -> Result<User, ApiError> {
    let answer: SignedIn = Call::post(Auth, "/api/auth/login").json(request).answer().await?;
    Ok(answer.user)
}

/// Ends the session.
pub async fn logout() -> Result<(), ApiError> {
    Call::post(Auth, "/api/auth/logout").done().await
}

/// Who is signed in.
pub async fn me() -> Result<User, ApiError> {
    let answer: SignedIn = Call::get(Auth, "/api/auth/me").answer().await?;
    Ok(answer.user)
}

/// Changes the name.
pub async fn update_profile(request: &UpdateProfile) -> Result<User, ApiError> {
    let answer: SignedIn = Call::put(Auth, "/api/auth/me").json(request).answer().await?;
    Ok(answer.user)
}

/// Changes the password; every other session ends.
pub async fn change_password(request: &ChangePassword) -> Result<(), ApiError> {
    Call::put(Auth, "/api/auth/password").json(request).done().await
}
