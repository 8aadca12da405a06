//! Cameras that speak ONVIF, simulated and written by others: how they are found, asked and set, and what is said of
//! those that refuse, lie or mean harm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod asking;
mod command;
mod finding;
mod of_others;

use lookout::onvif::{Device, Login, OnvifError};
use lookout::types::secret::Secret;
use url::Url;

use support::onvif_camera::OnvifCamera;

/// The login that the simulated camera takes.
fn admin() -> Login {
    login("admin", "p<ss&w0rd")
}

fn login(user: &str, password: &str) -> Login {
    Login { user: user.to_owned(), password: Secret::new(password) }
}

async fn open(camera: &OnvifCamera, login: &Login) -> Result<Device, OnvifError> {
    Device::open(&Url::parse(&camera.service()).unwrap(), Some(login)).await
}
