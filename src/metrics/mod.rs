//! Metrics of the box for a scrape over HTTP (`GET /metrics`), in OpenMetrics and the older format of Prometheus.
//!
//! ```text
//!  daemon ─ Snapshot, once a second ─► watch ─► serve: token ► rate ► text (exposition, catalogue) ─► Prometheus
//! ```
//!
//! One thread with its own runtime, less urgent than everything else: a client that reads too often, too slowly or nonsense
//! costs no alert and no frame; after a panic it begins anew. Connections, heads, requests and times are bounded
//! ([`serve`]). Plain HTTP, for this machine or, with a token, for the network of the site; beyond it a proxy with TLS
//! belongs in front. Must never hold up who makes the snapshot, and never show an address, a text of somebody else or a
//! secret.

mod catalogue;
mod exposition;
pub(crate) mod reference;
mod serve;
pub(crate) mod snapshot;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::config::MetricsListener;
use crate::text::{Sentence, language_of_log, log_error, log_info, metrics as say};
use crate::threads::{NotEnded, be_nice, join_until, work_until_stopped};

use snapshot::{ProcessFigures, Snapshot};

/// Asks the kernel how the process does.
pub(crate) type ReadProcess = fn() -> ProcessFigures;

/// Why metrics cannot be read, and what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What is wrong.
    pub(crate) what: Sentence,
    /// What to try.
    pub(crate) hint: Option<Sentence>,
}

/// What the threads of this module share with the daemon.
#[derive(Clone)]
struct Shared {
    snapshot: watch::Receiver<Arc<Snapshot>>,
    read_process: ReadProcess,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

/// The metrics as the daemon has them.
pub(crate) struct Metrics {
    shared: Shared,
    snapshot: watch::Sender<Arc<Snapshot>>,
    running: Option<Running>,
}

struct Running {
    listener: MetricsListener,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Metrics {
    /// Serves them as the configuration says, if at all; failure to serve is kept as [`trouble`](Self::trouble).
    pub(crate) fn start(listener: Option<&MetricsListener>, read_process: ReadProcess) -> Self {
        let (snapshot, read) = watch::channel(Arc::default());
        let shared = Shared { snapshot: read, read_process, trouble: Arc::default() };
        let mut metrics = Metrics { shared, snapshot, running: None };
        metrics.begin(listener);
        metrics
    }

    /// Serves them otherwise, elsewhere or not at all from here on; waits at most `within` for what ends.
    pub(crate) fn set(&mut self, listener: Option<&MetricsListener>, within: Duration) {
        if self.running.as_ref().map(|running| &running.listener) == listener {
            return;
        }
        self.end(within);
        self.begin(listener);
    }

    /// Whether somebody may read them, so that a snapshot is worth making.
    pub(crate) fn is_served(&self) -> bool {
        self.running.is_some()
    }

    /// What a scrape gets from here on.
    pub(crate) fn show(&self, snapshot: Snapshot) {
        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// Why they cannot be read, while they cannot.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.shared.trouble.lock().clone()
    }

    /// Ends it.
    pub(crate) fn stop(mut self, within: Duration) {
        self.end(within);
    }

    fn begin(&mut self, listener: Option<&MetricsListener>) {
        *self.shared.trouble.lock() = None;
        let Some(listener) = listener else { return };
        let (stop, stopping) = watch::channel(false);
        let work = Work { listener: listener.clone(), shared: self.shared.clone(), stopping };
        match thread::Builder::new().name("metrics".to_owned()).spawn(move || work.go_on()) {
            Ok(thread) => self.running = Some(Running { listener: listener.clone(), stop, thread }),
            Err(error) => {
                let what = say::no_thread(error.to_string());
                log_error!(what.clone());
                *self.shared.trouble.lock() = Some(Trouble { what, hint: None });
            }
        }
    }

    fn end(&mut self, within: Duration) {
        let Some(Running { stop, thread, .. }) = self.running.take() else { return };
        let until = Instant::now() + within;
        // Fails only if it is gone already.
        let _ = stop.send(true);
        match join_until(thread, until) {
            Ok(()) => {}
            Err(NotEnded::Late) => log_error!(say::log_late()),
            Err(NotEnded::Panicked) => log_error!(say::log_panicked()),
        }
    }
}

/// What the thread does.
struct Work {
    listener: MetricsListener,
    shared: Shared,
    stopping: watch::Receiver<bool>,
}

impl Work {
    /// Serves until it is to stop.
    fn go_on(self) {
        be_nice();
        let failed = |trouble: Option<Trouble>| {
            let Some(trouble) = trouble else { return log_error!(say::log_panicked()) };
            let mut known = self.shared.trouble.lock();
            if known.as_ref() != Some(&trouble) {
                let hint = trouble.hint.as_ref().map(|hint| hint.in_language(language_of_log()));
                log_error!(trouble.what.clone(); hint);
            }
            *known = Some(trouble);
        };
        work_until_stopped(&self.stopping, || self.run(), failed);
    }

    fn run(&self) -> Result<(), Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Trouble { what: say::no_thread(error.to_string()), hint: None })?;
        runtime.block_on(self.serve())
    }

    async fn serve(&self) -> Result<(), Trouble> {
        let listen = self.listener.listen;
        let cannot_listen = |error: std::io::Error| Trouble {
            what: say::cannot_listen(listen.to_string(), error.to_string()),
            hint: Some(say::try_free_address()),
        };
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(cannot_listen)?;
        *self.shared.trouble.lock() = None;
        log_info!(say::log_served(); address = %listener.local_addr().map_err(cannot_listen)?);
        let token = self.listener.token.as_ref().map(|token| token.password.clone());
        let counter = serve::Counter::new(token, self.shared.snapshot.clone(), self.shared.read_process);
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = serve::serve(listener, Arc::new(counter)) => {}
            // Fails only when nobody is left who could say it.
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        Ok(())
    }
}
