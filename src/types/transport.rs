//! [`Transport`]: how pictures travel from a camera.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How pictures travel from a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Within the RTSP connection: nothing gets lost.
    #[default]
    Tcp,
    /// As single packets: less delay, losses show as damaged pictures.
    Udp,
}

impl Transport {
    /// All there are.
    pub const ALL: [Transport; 2] = [Transport::Tcp, Transport::Udp];

    /// `tcp` or `udp`.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.name() == name)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
