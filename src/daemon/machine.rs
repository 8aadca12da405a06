//! Readings of the machine: processor, memory, disk, temperatures, clock. Read from Linux's own
//! files; what cannot be read is left out, never guessed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Resource;

use crate::analysis::time::Timestamp;
use crate::contract::alert::{ClockData, ClockSync};
use crate::contract::health::MachineHealth;
use crate::metrics::snapshot::ProcessFigures;

use super::clock_watch;

/// Written by systemd-timesyncd once the clock follows a server.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

/// Seconds since 1970 by the hardware clock, read from it.
const HARDWARE_CLOCK: &str = "/sys/class/rtc/rtc0/since_epoch";

/// Ticks per second of the processor times in `/proc`; fixed in Linux's interface to programs.
const TICKS_PER_SEC: f64 = 100.0;

/// Processor time used so far by this process, to be compared with an earlier reading.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CpuReading {
    at: Duration,
    used_secs: Option<f64>,
    #[cfg_attr(not(feature = "demo"), allow(dead_code, reason = "`lookout capacity` asks for it"))]
    stolen_secs: Option<f64>,
}

impl CpuReading {
    /// A reading at `now` of the monotonic clock.
    pub(super) fn take(now: Duration) -> Self {
        CpuReading { at: now, used_secs: cpu_secs(), stolen_secs: stolen_secs() }
    }

    /// Cores used on average since `earlier`.
    pub(crate) fn cores_since(&self, earlier: &CpuReading) -> Option<f64> {
        self.mean_since(earlier, self.used_secs? - earlier.used_secs?)
    }

    /// Cores that the host of a virtual machine took away from it since `earlier`, on average.
    #[cfg_attr(not(feature = "demo"), allow(dead_code, reason = "`lookout capacity` asks for it"))]
    pub(crate) fn stolen_since(&self, earlier: &CpuReading) -> Option<f64> {
        self.mean_since(earlier, self.stolen_secs? - earlier.stolen_secs?)
    }

    fn mean_since(&self, earlier: &CpuReading, secs: f64) -> Option<f64> {
        let passed = self.at.saturating_sub(earlier.at).as_secs_f64();
        (passed > 0.0).then(|| (secs / passed * 100.0).round() / 100.0)
    }
}

/// The machine's part of the health report. `cpu_cores` is [`CpuReading::cores_since`].
pub(super) fn health(cpu_cores: Option<f64>, disk_free_bytes: Option<u64>) -> MachineHealth {
    MachineHealth { cpu_cores, memory_bytes: memory_bytes(), disk_free_bytes, temperatures_c: temperatures() }
}

/// How far to trust the clock, which says `now`: whether it follows a time server, as far as the system knows.
pub(super) fn clock(now: Timestamp) -> ClockData {
    let by_system = kernel_clock().unwrap_or_else(|| {
        let sync = if Path::new(SYNCHRONIZED).exists() { ClockSync::Synced } else { ClockSync::Unknown };
        ClockData { sync, err_ms: None }
    });
    clock_watch::judged(now, by_system)
}

/// What the hardware clock says, which goes on without power as long as its battery lasts; `None` where there is none.
pub(super) fn hardware_clock() -> Option<Timestamp> {
    let secs = fs::read_to_string(HARDWARE_CLOCK).ok()?;
    Timestamp::from_second(secs.trim().parse().ok()?).ok()
}

/// The state of the kernel's clock discipline (`adjtimex(2)`).
fn kernel_clock() -> Option<ClockData> {
    // SAFETY: plain numbers, for which zero is a value; with no mode set, the call only fills them in.
    let (code, state) = unsafe {
        let mut state: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut state), state)
    };
    if code < 0 {
        return None;
    }
    if state.status & libc::STA_UNSYNC != 0 {
        return Some(ClockData { sync: ClockSync::Unsynced, err_ms: None });
    }
    // Microseconds.
    let err_ms = u64::try_from(state.maxerror).ok().map(|error| error.div_ceil(1000));
    Some(ClockData { sync: ClockSync::Synced, err_ms })
}

fn cpu_secs() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold spaces.
    let after_name = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SEC)
}

/// The time of all processors together.
fn stolen_secs() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    // "cpu", user, nice, system, idle, iowait, irq, softirq, steal.
    let ticks: f64 = stat.lines().next()?.split_whitespace().nth(8)?.parse().ok()?;
    Some(ticks / TICKS_PER_SEC)
}

/// How this process and its machine do now, for metrics. Reads a dozen small files of the kernel.
pub(super) fn process() -> ProcessFigures {
    let (soft, files) = (rustix::process::getrlimit(Resource::Nofile).current, fs::read_dir("/proc/self/fd"));
    ProcessFigures {
        started: started_at(),
        cpu_secs: cpu_secs(),
        resident_bytes: memory_bytes(),
        // Without the folder itself, which is open while it is read.
        files: files.ok().map(|files| (files.count() as u64).saturating_sub(1)),
        most_files: soft,
        temperatures: temperatures(),
    }
}

/// When this process started, in seconds since 1970-01-01 UTC, by the clock of now.
fn started_at() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let of_all = fs::read_to_string("/proc/stat").ok()?;
    let booted = of_all.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted.trim().parse::<f64>().ok()? + ticks / TICKS_PER_SEC)
}

fn memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

fn temperatures() -> BTreeMap<String, f64> {
    let Ok(zones) = fs::read_dir("/sys/class/thermal") else { return BTreeMap::new() };
    let reading = |folder: &Path| -> Option<(String, f64)> {
        let name = fs::read_to_string(folder.join("type")).ok()?;
        let millidegrees: f64 = fs::read_to_string(folder.join("temp")).ok()?.trim().parse().ok()?;
        Some((name.trim().to_owned(), millidegrees / 1000.0))
    };
    zones.flatten().filter_map(|zone| reading(&zone.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_processor_time() {
        let before = CpuReading { used_secs: Some(0.0), stolen_secs: Some(0.0), ..CpuReading::default() };
        let now = CpuReading::take(Duration::from_secs(1));
        let cores = now.cores_since(&before);
        assert!(cores.is_some_and(|cores| cores >= 0.0), "{cores:?}");
        let stolen = now.stolen_since(&before);
        assert!(stolen.is_some_and(|cores| cores >= 0.0), "{stolen:?}");
        let health = health(cores, None);
        assert!(health.memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{health:?}");
    }

    #[test]
    fn this_process_has_files_open_and_started_before_now() {
        let process = process();
        let now = Timestamp::now().as_second() as f64;
        let started = process.started.unwrap();
        assert!(started <= now + 2.0 && started > now - 24.0 * 3600.0, "{started} {now}");
        let (files, most) = (process.files.unwrap(), process.most_files.unwrap());
        assert!(files >= 3 && files < most, "{files} of {most}");
    }

    #[test]
    fn without_time_between_two_readings_there_is_no_rate() {
        let reading = CpuReading::take(Duration::from_secs(1));
        assert_eq!(reading.cores_since(&reading), None);
    }
}
