//! The real daemon as a child process.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A running `lookout run`. Killed when dropped.
pub struct Daemon {
    child: Child,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    came: Condvar,
    ended: Mutex<bool>,
    end_came: Condvar,
}

impl Daemon {
    /// Starts it with the configuration at `config` and the models of `manifest`. Its log is English whatever the site is.
    pub fn start(config: &Path, manifest: &Path) -> Self {
        Self::start_with(config, manifest, &[])
    }

    /// [`Daemon::start`] with more in its environment.
    pub fn start_with(config: &Path, manifest: &Path, environment: &[(&str, &OsStr)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        command.args(["run", "--language", "en", "--config"]).arg(config).arg("--manifest").arg(manifest);
        command.envs(environment.iter().copied());
        Self::spawn(command)
    }

    /// Starts a command that becomes the daemon.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .env("LOOKOUT_LOG", "info,lookout=debug")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let log = Arc::new(Log::default());
        let inside = log.clone();
        let lines = BufReader::new(child.stderr.take().expect("piped"));
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                inside.lines.lock().expect("log").push(line);
                inside.came.notify_all();
            }
            *inside.ended.lock().expect("log") = true;
            inside.end_came.notify_all();
        });
        Daemon { child, log }
    }

    /// Waits until the log has a line with `text`.
    pub fn wait_for_log(&self, text: &str, within: Duration) {
        let deadline = Instant::now() + within;
        let mut lines = self.log.lines.lock().expect("log");
        while !lines.iter().any(|line| line.contains(text)) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no log line with {text:?} within {within:?}:\n{}", lines.join("\n"));
            lines = self.log.came.wait_timeout(lines, left).expect("log").0;
        }
    }

    /// The whole log so far.
    pub fn log(&self) -> String {
        self.log.lines.lock().expect("log").join("\n")
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("waited for");
    }

    /// `kill -9`; returns the whole log, with what it had said to the last.
    pub fn kill_for_log(mut self) -> String {
        // Fails where it is gone already.
        let _ = self.child.kill();
        self.wait_gone(Duration::from_secs(20));
        let _ = self.child.wait();
        self.log()
    }

    /// Waits until it has ended by itself.
    pub fn wait_gone(&self, within: Duration) {
        let deadline = Instant::now() + within;
        let mut ended = self.log.ended.lock().expect("log");
        while !*ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not gone within {within:?}:\n{}", self.log());
            ended = self.log.end_came.wait_timeout(ended, left).expect("log").0;
        }
    }

    /// Waits until it has ended by itself; its exit code, and the whole log.
    pub fn ended_for_log(mut self, within: Duration) -> (Option<i32>, String) {
        self.wait_gone(within);
        let status = self.child.wait().expect("waited for");
        (status.code(), self.log())
    }

    /// Sends SIGHUP.
    pub fn reload(&self) {
        kill_process(self.pid(), Signal::HUP).expect("signalled");
    }

    /// Asks it to stop and waits; returns its exit code.
    pub fn stop(self, within: Duration) -> i32 {
        self.stop_for_log(within).0
    }

    /// The same, with the whole log.
    pub fn stop_for_log(mut self, within: Duration) -> (i32, String) {
        kill_process(self.pid(), Signal::TERM).expect("signalled");
        // Its log ends when it ends, so waiting for that is waiting for the process.
        self.wait_gone(within);
        let code = self.child.wait().expect("waited for").code().unwrap_or(-1);
        let log = self.log();
        assert!(!log.contains("did not close in time"), "somebody still holds the queue:\n{log}");
        (code, log)
    }

    /// Ends it with a signal, and waits; how it ended, and the whole log.
    pub fn signal_for_log(mut self, signal: Signal, within: Duration) -> (ExitStatus, String) {
        kill_process(self.pid(), signal).expect("signalled");
        self.wait_gone(within);
        let status = self.child.wait().expect("waited for");
        (status, self.log())
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already gone after `kill` and `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a configuration file into `folder`.
pub fn write_config(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("lookout.toml");
    fs::write(&path, text).expect("the configuration is written");
    path
}
