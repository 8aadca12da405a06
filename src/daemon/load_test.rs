//! The watching half of the daemon by itself, with as many cameras as are asked for: what a machine can hold is found
//! out by letting it.
//!
//! Cameras, gates, scheduler, workers and analysis are the daemon's own; what the analysis reports is counted and
//! dropped. Must never publish or store anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::alerts::writer_message::{AlertWriterQueue, WriterMessage};
use crate::analysis::Analysis;
use crate::clock::Clock;
use crate::config::{Camera, CameraSource, Config};
use crate::journal::Recorder;
use crate::pipeline::camera_slot::CameraSlots;
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::inference_workers::{InferenceCounts, InferenceWorkers};
use crate::pipeline::scheduler::Scheduler;
use crate::text::{box_log, camera, log_error};
use crate::types::phase::Phase;
use crate::types::transport::Transport;
use crate::video::{self, CameraState, GateMode};
use crate::view::Views;

use super::DaemonError;
use super::analysis_thread::{
    self, AnalysisMessage, AnalysisQueue, AnalysisStart, AnalysisThread, Known, look_sink,
};
use super::cameras::{CameraSpec, Cameras};
use super::loaded_models::LoadedModels;
use super::machine::{self, CpuReading};
use super::wiring::Site;

/// What waits for the one that counts.
const QUEUE: usize = 64;

/// A load test with some of its cameras playing.
pub(crate) struct LoadTest {
    clock: Clock,
    wanted: Vec<CameraSpec>,
    cameras: Cameras,
    scheduler: Arc<Scheduler>,
    looked: Arc<InferenceCounts>,
    inference_workers: Option<InferenceWorkers>,
    analysis_thread: Option<AnalysisThread>,
    queue: AnalysisQueue,
    drain: Option<JoinHandle<()>>,
    alert_writer: AlertWriterQueue,
    alerts: Arc<AtomicU64>,
    last: Reading,
}

#[derive(Default, Clone)]
struct Reading {
    at: Duration,
    cpu: CpuReading,
    decoding: Duration,
    looking_us: u64,
    looked: u64,
    as_they_came: u64,
    late: u64,
    units: u64,
    decoded: u64,
    given_up: u64,
    taken: u64,
    replaced: u64,
    reconnects: u64,
}

/// What was measured since the last time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Figures {
    /// Cameras that play.
    pub cameras: usize,
    /// Cores that this process used.
    pub cores: f64,
    /// Cores spent on decoding (with the handing over of frames).
    pub cores_decoding: f64,
    /// Cores spent on inference.
    pub cores_looking: f64,
    /// Cores that the host of a virtual machine took away from it meanwhile; 0 where there is no host.
    pub cores_stolen: f64,
    /// Frames looked at closely, per second.
    pub looks_per_second: f64,
    /// Part of the frames that waited too long before they were looked at; without those that
    /// came before everything of their camera was decoded.
    pub late: f64,
    /// Part of the wanted frames that were pushed out by newer ones before anybody had time.
    pub overload: f64,
    /// Part of the compressed pictures that should have been decoded and were given up because the decoder was behind.
    pub given_up: f64,
    /// Pictures per second and camera that arrive.
    pub fps_in: f64,
    /// Cameras that give no pictures at the moment.
    pub not_running: usize,
    /// Streams that were lost meanwhile.
    pub reconnects: u64,
    /// Cameras of which everything is decoded because their streams allow nothing less.
    pub forced: usize,
    /// Cameras of which everything is decoded because something in view needs it.
    pub in_burst: usize,
    /// Memory of the process, bytes; absent where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// Alerts raised since the beginning.
    pub alerts: u64,
}

/// The configuration with its cameras copied until there are `count`, each with the rules of the one it copies. Where
/// there are `clips`, they are watched in turn in place of the site's cameras.
pub(crate) fn multiplied(config: &Config, count: usize, clips: &[String]) -> Config {
    let mut many = config.clone();
    let copy = |number: usize| -> Camera {
        let original = &config.cameras[number % config.cameras.len()];
        let mut camera = original.clone();
        camera.id = Arc::from(format!("{}~{}", original.id, number / config.cameras.len() + 1));
        if !clips.is_empty() {
            let url = clips[number % clips.len()].clone();
            camera.source = CameraSource::Rtsp { url, transport: Transport::Tcp };
            camera.credentials = None;
            camera.url_main = None;
        }
        camera
    };
    many.cameras = (0..count).map(copy).collect();
    for (rule, original) in many.rules.iter_mut().zip(&config.rules) {
        let copies = (0..count)
            .filter(|number| original.cameras.contains(&config.cameras[number % config.cameras.len()].id));
        rule.cameras = copies.map(|number| many.cameras[number].id.clone()).collect();
    }
    many
}

/// In the place of the alert writer: counts the alerts that begin, and stores nothing.
fn count_new(messages: &Receiver<WriterMessage>, count: &AtomicU64) {
    for message in messages {
        match message {
            WriterMessage::Stop => return,
            WriterMessage::Revision { revision, .. } if revision.phase == Phase::New => {
                count.fetch_add(1, Ordering::Relaxed);
            }
            WriterMessage::Revision { .. }
            | WriterMessage::Open(_)
            | WriterMessage::Counts { .. }
            | WriterMessage::Snapshot { .. }
            | WriterMessage::CloseUp(_)
            | WriterMessage::Original(_)
            | WriterMessage::Again(_)
            | WriterMessage::Settings(_)
            | WriterMessage::Retention(_)
            | WriterMessage::Ping(_) => {}
        }
    }
}

impl LoadTest {
    /// Everything but the cameras starts.
    ///
    /// # Errors
    /// What the daemon could not start either, in a sentence.
    pub(crate) fn start(config: &Config, loaded_models: &LoadedModels) -> Result<Self, DaemonError> {
        let clock = Clock::start();
        let clock_data = Arc::new(Mutex::new(machine::clock(clock.now().utc)));
        let site = Site::new(config, loaded_models, clock_data, Arc::new(RwLock::new(Vec::new())))?;
        let alerts = Arc::new(AtomicU64::new(0));
        let (alert_writer, messages) = sync_channel(QUEUE);
        let count = alerts.clone();
        let drain = std::thread::Builder::new()
            .name("alert-writer".to_owned())
            .spawn(move || count_new(&messages, &count))
            .map_err(DaemonError::new)?;
        let scheduler = Arc::new(Scheduler::new());
        let slots = Arc::new(CameraSlots::default());
        slots.set_cameras(site.detect_options());
        let decode_demands = Arc::new(DecodeDemands::new(scheduler.clone(), slots.clone()));
        let analysis = Analysis::new(config.site.box_id.clone(), site.plan())
            .map_err(|error| DaemonError::unknown_name(&error))?;
        let session = super::journal::session(config, loaded_models, &[], Vec::new(), clock.now());
        let known = Arc::new(Known::default());
        let (queue, notes) = analysis_thread::queue();
        let analysis_thread = AnalysisThread::start(
            AnalysisStart {
                analysis,
                revisions: Vec::new(),
                session,
                recorder: Recorder::off(),
                shadow: None,
            },
            notes,
            clock,
            alert_writer.clone(),
            known,
            decode_demands.clone(),
            Views::new(clock).tap(),
        )
        .map_err(DaemonError::new)?;
        let looked = Arc::new(InferenceCounts::default());
        let detectors = site.detectors(loaded_models)?;
        let sink = look_sink(queue.clone());
        let inference_workers = InferenceWorkers::start(detectors, &scheduler, &slots, sink, &looked, clock)
            .map_err(DaemonError::new)?;
        let cameras = Cameras::new(clock, scheduler.clone(), decode_demands, queue.clone());
        Ok(LoadTest {
            clock,
            wanted: site.wanted_cameras(),
            cameras,
            scheduler,
            looked,
            inference_workers: Some(inference_workers),
            analysis_thread: Some(analysis_thread),
            queue,
            drain: Some(drain),
            alert_writer,
            alerts,
            last: Reading::default(),
        })
    }

    /// Lets the first `count` cameras play; those that play already go on.
    ///
    /// # Errors
    /// The first camera that could not be started.
    pub(crate) fn play(&mut self, count: usize) -> Result<(), DaemonError> {
        let wanted = self.wanted.iter().take(count).cloned().collect();
        match self.cameras.become_those(wanted).into_iter().next() {
            Some((id, error)) => Err(DaemonError::of_sentence(&camera::of(&*id, error.fault.sentence()))),
            None => Ok(()),
        }
    }

    /// Cameras that give pictures.
    pub(crate) fn running(&self) -> usize {
        let stats = self.cameras.stats();
        stats.iter().filter(|(_, stats)| stats.state == CameraState::Running).count()
    }

    /// Why a camera gives none, if one does not.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.cameras
            .stats()
            .into_iter()
            .find_map(|(_, stats)| stats.last_error.map(|error| error.to_string()))
    }

    /// What happened since this was asked last.
    pub(crate) fn figures(&mut self) -> Figures {
        let now = self.clock.now().mono;
        let stats = self.cameras.stats();
        let counts = self.scheduler.counts();
        let gates = stats.iter().filter_map(|(_, stats)| stats.gate);
        let load = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let reading = Reading {
            at: now,
            cpu: CpuReading::take(now),
            decoding: video::decoding_time(),
            looking_us: load(&self.looked.used_us),
            looked: load(&self.looked.looked),
            as_they_came: load(&self.looked.as_they_came),
            late: load(&self.looked.late),
            units: stats.iter().map(|(_, stats)| stats.units).sum(),
            decoded: gates.clone().map(|(_, gate)| gate.decoded).sum(),
            given_up: gates.clone().map(|(_, gate)| gate.given_up).sum(),
            taken: counts.iter().map(|(_, counts)| counts.taken).sum(),
            replaced: counts.iter().map(|(_, counts)| counts.replaced).sum(),
            reconnects: stats.iter().map(|(_, stats)| stats.reconnects).sum(),
        };
        let before = std::mem::replace(&mut self.last, reading.clone());
        let seconds = (now.saturating_sub(before.at)).as_secs_f64().max(0.001);
        let since = |now: u64, before: u64| now.saturating_sub(before) as f64;
        let part = |of: f64, all: f64| if all > 0.0 { of / all } else { 0.0 };
        let mode = |wanted: fn(&GateMode) -> bool| gates.clone().filter(|(mode, _)| wanted(mode)).count();
        let replaced = since(reading.replaced, before.replaced);
        let given_up = since(reading.given_up, before.given_up);
        Figures {
            cameras: stats.len(),
            cores: reading.cpu.cores_since(&before.cpu).unwrap_or(0.0),
            cores_decoding: reading.decoding.saturating_sub(before.decoding).as_secs_f64() / seconds,
            cores_looking: since(reading.looking_us, before.looking_us) / 1e6 / seconds,
            cores_stolen: reading.cpu.stolen_since(&before.cpu).unwrap_or(0.0),
            looks_per_second: since(reading.looked, before.looked) / seconds,
            late: part(since(reading.late, before.late), since(reading.as_they_came, before.as_they_came)),
            overload: part(replaced, replaced + since(reading.taken, before.taken)),
            given_up: part(given_up, given_up + since(reading.decoded, before.decoded)),
            fps_in: since(reading.units, before.units) / seconds / stats.len().max(1) as f64,
            not_running: stats.iter().filter(|(_, stats)| stats.state != CameraState::Running).count(),
            reconnects: reading.reconnects.saturating_sub(before.reconnects),
            forced: mode(|mode| matches!(mode, GateMode::Forced(_))),
            in_burst: mode(|mode| matches!(mode, GateMode::Burst)),
            memory_bytes: machine::health(None, None).memory_bytes,
            alerts: load(&self.alerts),
        }
    }
}

impl Drop for LoadTest {
    fn drop(&mut self) {
        self.cameras.stop_all();
        self.scheduler.close();
        if let Some(inference_workers) = self.inference_workers.take() {
            inference_workers.join();
        }
        // Each has worked off its messages before it ends; one that is gone already needs none.
        let _ = self.queue.send(AnalysisMessage::Stop);
        if let Some(analysis_thread) = self.analysis_thread.take() {
            analysis_thread.join();
        }
        let _ = self.alert_writer.send(WriterMessage::Stop);
        if let Some(drain) = self.drain.take()
            && drain.join().is_err()
        {
            log_error!(box_log::counter_panicked());
        }
    }
}
