//! Connections to PostgreSQL: opened anew whenever the last one ended.

use std::time::Duration;

use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::Database;
use super::store::{Store, StoreError};
use super::tls;
use crate::input_file;
use crate::text::{Sentence, argument, centre as say};

/// A machine that does not answer is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// What a commit may take, on a disk that is busy. Beyond it the connection is given up and the batch tried again.
const STATEMENT_WITHIN_MS: u32 = 20_000;

/// Opens a connection; `worker`: who stores, for people who look at the database.
///
/// # Errors
/// Why there is none: a file that cannot be used, or the database is away.
pub(super) async fn open(database: &Database, worker: &str) -> Result<Store, Sentence> {
    let mut config: tokio_postgres::Config = database
        .url
        .parse()
        .map_err(|error: tokio_postgres::Error| say::no_database_url(error.to_string()))?;
    if let Some(path) = &database.password_file {
        let text = input_file::read_text(path)
            .map_err(|error| argument::unread(path.display(), argument::why_unread(&error)))?;
        config.password(text.trim_end_matches(['\r', '\n']));
    }
    config.connect_timeout(CONNECT_WITHIN).application_name(worker);
    // Of a machine that is gone nobody says so.
    config.keepalives_idle(Duration::from_secs(10)).tcp_user_timeout(Duration::from_secs(20));
    config.options(format!("-c statement_timeout={STATEMENT_WITHIN_MS} -c synchronous_commit=on"));
    let client = match &database.tls {
        Some(files) => {
            config.ssl_mode(SslMode::Require);
            let tls = MakeRustlsConnect::new(tls::client_config(files)?);
            connected(config.connect(tls).await)?
        }
        None => connected(config.connect(NoTls).await)?,
    };
    Ok(Store::new(client, worker.to_owned()))
}

fn connected<S, T>(
    opened: Result<(tokio_postgres::Client, tokio_postgres::Connection<S, T>), tokio_postgres::Error>,
) -> Result<tokio_postgres::Client, Sentence>
where
    tokio_postgres::Connection<S, T>: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    let (client, connection) = opened.map_err(|error| match StoreError::from(error) {
        StoreError::Away(why) | StoreError::Data(why) => say::database_away(why),
    })?;
    // Ends with its client, which is told of every error.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to the database ended");
        }
    });
    Ok(client)
}
