//! Ends the process when it does nothing any more, so that its supervisor starts it anew: the outbox has every alert.
//!
//! A thread of its own that only looks at two marks: whether the main thread has shown itself in time, and whether a thread
//! without which nothing goes on has ended with a panic. systemd's watchdog sees the same for those who have one; a box in
//! a container, or one that hangs while it starts, has only this. It counts its own looks and not the time, so that a
//! machine that slept, or is very busy, is not taken for one that hangs. Must never touch what could hang.

use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::text::{Sentence, language_of_log, log_error, runtime as say};

/// How often the thread looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What an orderly end of the process gets; destructors of libraries have been seen to hang.
const EXIT_WITHIN: Duration = Duration::from_secs(5);
/// As the command line has it: tried and failed.
const EXIT_CODE: i32 = 1;

/// Starting: models may be compiled for an accelerator, which takes minutes the first time.
const START_WITHIN: Duration = Duration::from_secs(600);
/// The main thread shows itself every second; a new configuration stops and starts cameras in between.
const RUN_WITHIN: Duration = Duration::from_secs(300);
/// Stopping: every part has its own deadline, and this is more than all of them together. It usually takes a few seconds.
pub const STOP_WITHIN: Duration = Duration::from_secs(84);
/// A part that does not get on for so long, counted from when that was noticed, will not get on any more. Longer than
/// systemd's watchdog, which comes first where there is one.
pub(crate) const STUCK_FOR: Duration = Duration::from_secs(120);

/// The first essential thread that ended with a panic.
static DEAD: Mutex<Option<&'static str>> = Mutex::new(None);

/// A mark that this thread is essential: when it ends with a panic, the process ends.
#[must_use = "it marks the thread for as long as it is kept"]
pub(crate) struct Essential(&'static str);

/// Marks the thread that calls it.
pub(crate) fn essential(name: &'static str) -> Essential {
    Essential(name)
}

impl Drop for Essential {
    fn drop(&mut self) {
        if thread::panicking() {
            DEAD.lock().get_or_insert(self.0);
        }
    }
}

/// What the main thread does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Doing {
    /// The daemon starts.
    Starting,
    /// It runs, and looks at its parts.
    Running,
    /// It stops.
    Stopping,
}

impl Doing {
    fn within(self) -> Duration {
        match self {
            Doing::Starting => START_WITHIN,
            Doing::Running => RUN_WITHIN,
            Doing::Stopping => STOP_WITHIN,
        }
    }

    fn sentence(self) -> Sentence {
        match self {
            Doing::Starting => say::starting(),
            Doing::Running => say::main_thread(),
            Doing::Stopping => say::stopping(),
        }
    }
}

/// The running thread. It ends with the process, or when this is dropped.
pub(crate) struct Lifeline {
    mark: Arc<Mutex<Mark>>,
}

/// What is waited for, and for how many more looks.
struct Mark {
    doing: Doing,
    left: Duration,
}

impl Lifeline {
    /// Starts it; the first thing to come is the end of the start.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        Self::watching(|why| end(&why.in_language(language_of_log())))
    }

    fn watching(end: impl Fn(Sentence) + Send + 'static) -> std::io::Result<Self> {
        let lifeline = Lifeline { mark: Arc::default() };
        let mark = Arc::downgrade(&lifeline.mark);
        thread::Builder::new().name("lifeline".to_owned()).spawn(move || {
            loop {
                thread::sleep(LOOK_EVERY);
                let Some(mark) = mark.upgrade() else { return };
                let dead = *DEAD.lock();
                if let Some(why) = mark.lock().look(dead) {
                    return end(why);
                }
            }
        })?;
        Ok(lifeline)
    }

    /// The main thread lives and does this.
    pub(crate) fn beat(&self, doing: Doing) {
        *self.mark.lock() = Mark { doing, left: doing.within() };
    }
}

impl Default for Mark {
    fn default() -> Self {
        Mark { doing: Doing::Starting, left: Doing::Starting.within() }
    }
}

impl Mark {
    /// One look; why the process must end, if it must.
    fn look(&mut self, dead: Option<&'static str>) -> Option<Sentence> {
        if let Some(name) = dead {
            return Some(say::thread_panicked(name));
        }
        self.left = self.left.saturating_sub(LOOK_EVERY);
        let (doing, within) = (self.doing, self.doing.within().as_secs());
        self.left.is_zero().then(|| say::hangs(doing.sentence(), within))
    }
}

/// Ends the process, whatever its other threads do.
pub(crate) fn end(why: &str) -> ! {
    log_error!(say::ends_itself(); reason = why);
    let hurry = thread::Builder::new().name("lifeline-end".to_owned()).spawn(|| {
        thread::sleep(EXIT_WITHIN);
        process::abort()
    });
    match hurry {
        Ok(_) => process::exit(EXIT_CODE),
        Err(_) => process::abort(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_main_thread_that_does_not_show_itself_ends_the_process_and_one_that_does_never() {
        for doing in [Doing::Starting, Doing::Running, Doing::Stopping] {
            let mut mark = Mark { doing, left: doing.within() };
            let looks = (1..).find(|_| mark.look(None).is_some()).unwrap_or(0);
            assert_eq!(LOOK_EVERY * looks, doing.within(), "{doing:?}");
        }
        let lifeline = Lifeline { mark: Arc::default() };
        for _ in 0..10_000 {
            lifeline.beat(Doing::Running);
            assert_eq!(lifeline.mark.lock().look(None), None);
        }
    }

    #[test]
    fn an_essential_thread_that_panics_is_named_and_one_that_ends_is_not() {
        let (ended, why) = channel();
        let lifeline = Lifeline::watching(move |why| ended.send(why).unwrap()).unwrap();
        let run = |panics: bool| {
            let thread = thread::spawn(move || {
                let _essential = essential("test-recorder");
                assert!(!panics, "on purpose");
            });
            let _ = thread.join();
        };
        run(false);
        assert!(DEAD.lock().is_none());
        run(true);
        let why = why.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(why.to_string().contains("`test-recorder`"), "{why}");
        drop(lifeline);
    }
}
