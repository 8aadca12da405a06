//! The metrics, as typed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// Metrics for a scrape by Prometheus or whatever reads OpenMetrics.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsDocument {
    /// Address and port at which they are read, at `/metrics`. It is not encrypted: for this machine, or with `secret` for the
    /// network of the site; beyond it put a proxy with TLS in front.
    #[schemars(extend("default" = DEFAULT_METRICS_LISTEN))]
    pub listen: Option<At<String>>,
    /// Name of the secret file that holds the token which a reader must show (`Authorization: Bearer TOKEN`): at least 16
    /// characters on one line. Needed where `listen` is more than this machine.
    #[schemars(extend("examples" = ["metrics"]))]
    pub secret: Option<At<String>>,
}

/// Only this machine, until somebody says otherwise. The port is the one that OpenTelemetry's exporter for Prometheus uses.
pub const DEFAULT_METRICS_LISTEN: &str = "127.0.0.1:9464";
