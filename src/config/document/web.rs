//! The page on the box.

use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// The page on the box, for a browser.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebDocument {
    /// Whether the page is served.
    #[schemars(extend("default" = true))]
    pub enabled: Option<At<bool>>,
    /// Address and port. Without it `127.0.0.1:8443`, or the next free port where that one is taken; `lookout page` prints
    /// the address. `"0.0.0.0:8443"` serves whoever reaches the box: always encrypted, and nobody sees anything without a
    /// login.
    #[schemars(extend("default" = DEFAULT_WEB_LISTEN))]
    pub listen: Option<At<String>>,
    /// How many days the page knows alerts.
    #[schemars(range(min = 1, max = 3_650), extend("default" = DEFAULT_HISTORY_DAYS))]
    pub history_days: Option<At<u16>>,
    /// Most disk space for them in MiB; then the oldest go. Pictures are not among them: `[evidence]` says how long those stay.
    #[schemars(range(min = 1, max = 65_536), extend("default" = DEFAULT_HISTORY_MIB))]
    pub history_max_mib: Option<At<u64>>,
}

/// Only this machine, until somebody says otherwise. The port is the usual second one of HTTPS.
pub const DEFAULT_WEB_LISTEN: &str = "127.0.0.1:8443";
/// A quarter of a year, as people report.
pub const DEFAULT_HISTORY_DAYS: u16 = 90;
/// About fifteen thousand revisions of alerts. A guess.
pub const DEFAULT_HISTORY_MIB: u64 = 64;
