//! The thread that owns the analysis: one queue in, revisions out.
//!
//! Every track, rule and open alert has this one owner. The queue is bounded; when it is full, whoever
//! sends waits, so workers slow down and frames are dropped at the mailboxes, where it is counted. Must
//! never touch disk, network or pixels.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::warn;

use crate::analysis::Analysis;
use crate::analysis::Event;
use crate::analysis::alert::{Acknowledgement, AlertId, Phase, Revision};
use crate::analysis::book::AlertError;
use crate::analysis::rules::{CameraPlan, Rule};
use crate::clock::Clock;
use crate::frame::Frame;

use super::recorder::{RecorderQueue, Saw, Told};

/// Notes that may wait. Each is one looked-at frame at most; a second's worth on a busy box.
const QUEUE: usize = 64;

/// How often the analysis hears that time passed.
const TICK: Duration = Duration::from_secs(1);

/// What the analyst is told.
pub enum Note {
    /// A worker looked at a frame.
    Looked {
        /// The frame, kept for evidence.
        frame: Frame,
        /// Everything found in it, unsure detections included.
        detections: Vec<crate::analysis::detection::Detection>,
    },
    /// A camera stopped giving frames.
    Silent(Arc<str>),
    /// A camera gives frames again.
    Back(Arc<str>),
    /// Somebody took an alert on; the answer goes to `reply`.
    Acknowledge {
        /// Which alert.
        alert: AlertId,
        /// Who, when, what they wrote.
        acknowledgement: Acknowledgement,
        /// Hears what became of it.
        reply: Box<dyn FnOnce(Result<Taken, AlertError>) + Send>,
    },
    /// Another configuration, checked.
    Reconfigure {
        /// Its cameras.
        plans: Vec<CameraPlan>,
        /// Its rules.
        rules: Vec<Rule>,
    },
    /// The last note.
    Stop,
}

/// What an acknowledgement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The alert has it now.
    Now,
    /// The same was said before.
    Already,
}

/// Where notes go.
pub type AnalystQueue = SyncSender<Note>;

/// The running thread.
pub struct Analyst {
    thread: JoinHandle<()>,
}

impl Analyst {
    /// Starts the thread. `analysis` has its open alerts already; `told` are the revisions that restoring
    /// them made.
    pub fn start(
        analysis: Analysis,
        told: Vec<Revision>,
        clock: Clock,
        recorder: RecorderQueue,
    ) -> std::io::Result<(Self, AnalystQueue)> {
        let (queue, notes) = sync_channel(QUEUE);
        let thread = thread::Builder::new().name("analyst".to_owned()).spawn(move || {
            let mut desk = Desk { analysis, clock, recorder };
            desk.tell(told, None);
            desk.tell_open();
            desk.work(&notes);
        })?;
        Ok((Analyst { thread }, queue))
    }

    /// Waits until the thread has worked off its queue; [`Note::Stop`] must have been sent.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the analyst ended with a panic");
        }
    }
}

struct Desk {
    analysis: Analysis,
    clock: Clock,
    recorder: RecorderQueue,
}

impl Desk {
    fn work(&mut self, notes: &Receiver<Note>) {
        let mut next_tick = self.clock.now().mono + TICK;
        loop {
            let wait = next_tick.saturating_sub(self.clock.now().mono);
            match notes.recv_timeout(wait) {
                Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(note) => self.take(note),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.clock.now();
            if now.mono >= next_tick {
                next_tick = now.mono + TICK;
                let told = self.analysis.apply(&Event::Tick { at: now });
                self.tell(told, None);
                let minutes = self.analysis.take_counts();
                if !minutes.is_empty() {
                    self.send(Told::Counts { minutes, at: now.utc });
                }
            }
        }
    }

    fn take(&mut self, note: Note) {
        match note {
            Note::Looked { frame, detections } => {
                let event = Event::Detections { camera: frame.camera.clone(), at: frame.at, detections };
                let told = self.analysis.apply(&event);
                if !told.is_empty() {
                    let Event::Detections { detections, .. } = event else { return };
                    self.tell(told, Some(Saw { picture: frame.picture, detections }));
                }
            }
            Note::Silent(camera) => {
                let event = Event::CameraSilent { camera, at: self.clock.now() };
                let told = self.analysis.apply(&event);
                self.tell(told, None);
            }
            Note::Back(camera) => {
                let event = Event::CameraBack { camera, at: self.clock.now() };
                let told = self.analysis.apply(&event);
                self.tell(told, None);
            }
            Note::Acknowledge { alert, acknowledgement, reply } => {
                let at = self.clock.now();
                match self.analysis.acknowledge(&alert, &acknowledgement, at) {
                    Ok(Some(revision)) => {
                        // Told before it is answered: who hears "done" can rely on the revision being on its way.
                        self.tell(vec![revision], None);
                        reply(Ok(Taken::Now));
                    }
                    Ok(None) => reply(Ok(Taken::Already)),
                    Err(error) => reply(Err(error)),
                }
            }
            Note::Reconfigure { plans, rules } => {
                let at = self.clock.now();
                match self.analysis.reconfigure(plans, rules, at) {
                    Ok(told) => self.tell(told, None),
                    // The configuration was checked; if this happens all the same, the old rules go on.
                    Err(error) => warn!(%error, "the rules were not changed"),
                }
            }
            Note::Stop => {}
        }
    }

    /// Hands revisions to the recorder, in order, with the frame they were made from.
    fn tell(&self, revisions: Vec<Revision>, saw: Option<Saw>) {
        if revisions.is_empty() {
            return;
        }
        for revision in revisions {
            let saw = if revision.phase == Phase::New { saw.clone() } else { None };
            self.send(Told::Revision { revision: Box::new(revision), saw });
        }
        self.tell_open();
    }

    fn tell_open(&self) {
        self.send(Told::Open(self.analysis.open().cloned().collect()));
    }

    fn send(&self, told: Told) {
        if self.recorder.send(told).is_err() {
            // Only when the recorder is gone: the daemon is coming down after a panic there.
            tracing::error!("the recorder is gone; a revision could not be stored");
        }
    }
}
