//! ONVIF: finds cameras on the local networks, reads the streams of one, and can set how often it
//! sends a keyframe.
//!
//! WS-Discovery ([`discover`]) and SOAP over HTTP ([`Device`]): Media2 where the camera has it, else Media. A device that
//! answers is a stranger: every answer is bounded in size and time, entities of XML are refused, names are compared by
//! namespace. A password is proved by digest (HTTP Digest, else WS-UsernameToken), never sent as it is, and goes to no
//! other host than the one that was asked; see `address` for what that means behind NAT. No thread of its own; must never
//! be called by what an alert waits for.

mod address;
mod choose;
mod device;
mod discovery;
mod error;
mod http;
mod makers;
mod media;
mod soap;
#[cfg(test)]
mod tests;
mod xml;

use crate::types::secret::Secret;

pub use address::{AddressError, CameraAddress, service_at, short_name};
#[cfg(feature = "web")]
pub(crate) use address::{MOST_ADDRESS_CHARS, half_width};
pub use choose::{Choice, by_source, choose};
pub use device::{Device, Information};
pub(crate) use discovery::SEARCH_SECONDS;
pub use discovery::{Found, discover};
pub use error::OnvifError;
pub use makers::{MakersPath, known_paths};
pub use media::Profile;

/// Who logs in at a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// Maximum number of characters of a name that a camera gives.
const LONGEST_NAME: usize = 120;

/// A camera's words as they can be shown: in one line, without what steers a terminal or turns the direction of writing.
fn clean(text: &str) -> String {
    let steers = |c: &char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().filter(|c| !steers(c)).take(LONGEST_NAME).collect()
}

/// The same, where there is something.
fn named(text: &str) -> Option<String> {
    Some(clean(text)).filter(|name| !name.is_empty())
}
