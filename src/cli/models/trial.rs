//! A model that nobody vouches for is opened and tried in a process of its own.
//!
//! The libraries that read a model are written in C++ and trust it: a file made for it may end the process, ask for
//! all memory or compute for ever. So the command runs itself once more, with a limit on memory, and waits with a
//! deadline. Must never be used for the daemon: it opens only files whose digest the manifest states, which is to say
//! files that came through here.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};

use crate::cli::Failure;
use crate::text::models as say;

/// Set for the process that tries.
const ENVIRONMENT: &str = "LOOKOUT_MODEL_TRIAL";
/// What it may allocate: eight times the largest file that is read. A guess.
const MOST_MEMORY_BYTES: u64 = 4 << 30;
/// How often the parent looks whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs `work`, which opens `file`, in another process, which does all the talking.
///
/// # Errors
/// What `work` fails with, by its exit code and already reported; that the process did not end by itself, or not in time.
pub(super) fn in_another_process(
    file: &Path,
    within: Duration,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    if std::env::var_os(ENVIRONMENT).is_some() {
        limit_this_process();
        return work();
    }
    let failed = |error: std::io::Error| Failure::tried(say::no_trial_process(error.to_string()));
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(ENVIRONMENT, "1")
        .spawn()
        .map_err(failed)?;
    let deadline = Instant::now() + within;
    loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => return outcome(file, status),
            None if Instant::now() < deadline => thread::sleep(LOOK_EVERY),
            None => {
                // It may have ended in this moment; either way it is waited for.
                let _ = child.kill();
                let _ = child.wait();
                let what = say::not_tried_in_time(file.display(), within.as_secs());
                return Err(Failure::tried(what).hint(say::try_more_time()));
            }
        }
    }
}

/// Limits that cannot be set are no reason to give up: the process is still one that may end.
fn limit_this_process() {
    let before = getrlimit(Resource::Data);
    let most = before.maximum.map_or(MOST_MEMORY_BYTES, |maximum| maximum.min(MOST_MEMORY_BYTES));
    let _ = setrlimit(Resource::Data, Rlimit { current: Some(most), maximum: before.maximum });
    // Nobody waits for it any more when the parent is gone.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
}

fn outcome(file: &Path, status: ExitStatus) -> Result<(), Failure> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        // It has said why.
        (Some(code), _) => Err(Failure { code: u8::try_from(code).unwrap_or(1), ..Failure::failed("") }),
        (None, signal) => {
            let what = say::trial_died(file.display(), signal.unwrap_or_default().to_string());
            Err(Failure::tried(what).hint(say::try_its_maker()))
        }
    }
}
