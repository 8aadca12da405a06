//! Certificates for connections to NATS, brokers and the database.

use rustls::ClientConfig;

use super::settings::TlsFiles;
use crate::mqtt;
use crate::text::Sentence;

/// What a connection is encrypted with.
///
/// # Errors
/// A file cannot be used.
pub(super) fn client_config(files: &TlsFiles) -> Result<ClientConfig, Sentence> {
    let (client_cert, client_key) = files.own.clone().unzip();
    let settings = mqtt::Settings {
        ca_file: files.ca_file.clone(),
        client_cert,
        client_key,
        ..mqtt::Settings::new("", "")
    };
    mqtt::client_config(&settings).map_err(|trouble| trouble.sentence().clone())
}
