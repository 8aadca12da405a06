//! A disk that forgets: a file system for SQLite that keeps in mind what was not synced, and loses it when the power
//! goes. It can also refuse to sync. Files stay where they are, so whoever looks sees what the processor sees; only
//! [`Disk::lose_power`] makes of them what a real disk would have kept: what was synced, and of the rest any part, in
//! any order, with torn edges.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::ffi;

/// What a disk writes in one piece, or not at all.
const SECTOR: usize = 512;

/// A registered file system. Stays registered until the process ends.
pub struct Disk {
    name: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Kept>,
    /// Deleted, and the directory was not synced since.
    deleted: Vec<(PathBuf, Vec<u8>)>,
    /// Writes, truncations, syncs and deletions so far.
    steps: u64,
    /// Power goes at this one.
    cut_at: Option<u64>,
    is_off: bool,
    syncs_fail: bool,
    writes_fail: bool,
}

/// What is known of a file since it was opened first after the last power cut.
struct Kept {
    /// What is safe; `None`: not even that there is such a file.
    durable: Option<Vec<u8>>,
    pending: Vec<Change>,
}

enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write { at, bytes } => {
                if to.len() < at + bytes.len() {
                    to.resize(at + bytes.len(), 0);
                }
                to[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Change::Truncate(len) => to.truncate(*len),
        }
    }
}

impl State {
    /// Counts a step; whether it still happens.
    fn step(&mut self) -> bool {
        self.steps += 1;
        if self.cut_at.is_some_and(|at| self.steps >= at) {
            self.is_off = true;
        }
        !self.is_off
    }
}

impl Disk {
    pub fn new(name: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let for_sqlite = Arc::into_raw(state.clone()).cast_mut().cast::<c_void>();
        let c_name = CString::new(name).unwrap();
        // SAFETY: SQLite's own default file system lives as long as the process; the new one is leaked on purpose,
        // as SQLite keeps a pointer to it. It differs from the default in name, file size and two functions.
        unsafe {
            let real = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!real.is_null());
            let ours = Box::new(ffi::sqlite3_vfs {
                iVersion: 1,
                szOsFile: size_of::<File>() as c_int + (*real).szOsFile,
                pNext: std::ptr::null_mut(),
                zName: c_name.into_raw(),
                pAppData: for_sqlite,
                xOpen: Some(open),
                xDelete: Some(delete),
                ..*real
            });
            assert_eq!(ffi::sqlite3_vfs_register(Box::into_raw(ours), 0), ffi::SQLITE_OK);
        }
        Disk { name: name.to_owned(), state }
    }

    /// SQLite's name for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The power goes so many steps from now.
    pub fn cut_in(&self, steps: u64) {
        let mut state = self.state.lock();
        state.cut_at = Some(state.steps + steps);
    }

    pub fn is_off(&self) -> bool {
        self.state.lock().is_off
    }

    /// From now on every sync fails, as on a card that is worn out; or none does.
    pub fn syncs_fail(&self, fail: bool) {
        self.state.lock().syncs_fail = fail;
    }

    /// From now on every write fails; or none does.
    pub fn writes_fail(&self, fail: bool) {
        self.state.lock().writes_fail = fail;
    }

    /// Makes of the files what a disk may have kept, and switches the power on again. Nobody may have them open.
    /// Returns how many bytes of writes were lost.
    pub fn lose_power(&self, seed: u64) -> u64 {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut state = self.state.lock();
        let mut lost = 0;
        // Nothing of it, everything, or any part.
        let kept_share = [0.0, 1.0, dice.random_range(0.0..1.0)][dice.random_range(0..3)];
        for (path, kept) in std::mem::take(&mut state.files) {
            if kept.durable.is_none() && !dice.random_bool(0.5) {
                lost += kept.pending.iter().map(|change| change.bytes()).sum::<u64>();
                let _ = fs::remove_file(&path);
                continue;
            }
            let mut content = kept.durable.unwrap_or_default();
            for change in kept.pending {
                lost += change.bytes() - keep_some(&change, kept_share, &mut dice, &mut content);
            }
            fs::write(&path, content).unwrap();
        }
        for (path, content) in std::mem::take(&mut state.deleted) {
            if !path.exists() && dice.random_bool(0.5) {
                fs::write(path, content).unwrap();
            }
        }
        state.is_off = false;
        state.cut_at = None;
        lost
    }
}

impl Change {
    fn bytes(&self) -> u64 {
        match self {
            Change::Write { bytes, .. } => bytes.len() as u64,
            Change::Truncate(_) => 0,
        }
    }
}

/// Each sector is kept or not, whatever its neighbours are; one may be torn. Returns the bytes that were kept.
fn keep_some(change: &Change, share: f64, dice: &mut StdRng, content: &mut Vec<u8>) -> u64 {
    let Change::Write { at, bytes } = change else {
        if dice.random_bool(share) {
            change.apply(content);
        }
        return 0;
    };
    let mut kept = 0;
    for (nth, sector) in bytes.chunks(SECTOR).enumerate() {
        let whole = dice.random_bool(share);
        let torn = !whole && share > 0.0 && dice.random_bool(0.05);
        let part = if whole {
            sector.len()
        } else if torn {
            dice.random_range(0..sector.len())
        } else {
            0
        };
        if part > 0 {
            Change::Write { at: at + nth * SECTOR, bytes: sector[..part].to_vec() }.apply(content);
            kept += part as u64;
        }
    }
    kept
}

// ---- what SQLite calls ----

/// An open file: ours, and behind it in the same allocation the real one.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    state: *const Mutex<State>,
    path: *mut PathBuf,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

// SAFETY, of all below: SQLite calls them with a file that `open` filled in, one call at a time per file, and with
// buffers of the size it says. The real methods are those of SQLite's default file system, which has every one of
// version 1.

unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    unsafe { file.cast::<u8>().add(size_of::<File>()).cast() }
}

unsafe fn parts<'a>(file: *mut ffi::sqlite3_file) -> (&'a Mutex<State>, Option<&'a Path>) {
    let file = file.cast::<File>();
    unsafe { (&*(*file).state, (*file).path.as_ref().map(PathBuf::as_path)) }
}

macro_rules! ask_real {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let real = unsafe { real($file) };
        unsafe { ((*(*real).pMethods).$method.expect("version 1"))(real $(, $argument)*) }
    }};
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    unsafe {
        let default = ffi::sqlite3_vfs_find(std::ptr::null());
        let state = (*vfs).pAppData.cast::<Mutex<State>>().cast_const();
        let ours = file.cast::<File>();
        (*ours).base.pMethods = std::ptr::null();
        (*ours).state = state;
        (*ours).path = std::ptr::null_mut();
        if (*state).lock().is_off {
            return ffi::SQLITE_CANTOPEN;
        }
        let path = (!name.is_null()).then(|| PathBuf::from(CStr::from_ptr(name).to_str().expect("UTF-8")));
        let before = path.as_ref().and_then(|path| fs::read(path).ok());
        (*real(file)).pMethods = std::ptr::null();
        let code = ((*default).xOpen.expect("xOpen"))(default, name, real(file), flags, out_flags);
        if code != ffi::SQLITE_OK {
            return code;
        }
        if let Some(path) = path {
            (*state)
                .lock()
                .files
                .entry(path.clone())
                .or_insert(Kept { durable: before, pending: Vec::new() });
            (*ours).path = Box::into_raw(Box::new(path));
        }
        (*ours).base.pMethods = &raw const METHODS;
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    unsafe {
        let default = ffi::sqlite3_vfs_find(std::ptr::null());
        let state = &*(*vfs).pAppData.cast::<Mutex<State>>();
        let mut state = state.lock();
        if !state.step() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let path = PathBuf::from(CStr::from_ptr(name).to_str().expect("UTF-8"));
        let code = ((*default).xDelete.expect("xDelete"))(default, name, sync_dir);
        if code == ffi::SQLITE_OK {
            let durable = state.files.remove(&path).and_then(|kept| kept.durable);
            if sync_dir != 0 {
                state.deleted.clear();
            } else if let Some(durable) = durable {
                state.deleted.push((path, durable));
            }
        }
        code
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        let ours = file.cast::<File>();
        if !(*ours).path.is_null() {
            drop(Box::from_raw((*ours).path));
        }
    }
    ask_real!(file, xClose)
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, bytes: c_int, at: i64) -> c_int {
    if unsafe { parts(file) }.0.lock().is_off {
        return ffi::SQLITE_IOERR_READ;
    }
    ask_real!(file, xRead, to, bytes, at)
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    let (state, path) = unsafe { parts(file) };
    let mut state = state.lock();
    if !state.step() || state.writes_fail {
        return ffi::SQLITE_IOERR_WRITE;
    }
    let code = ask_real!(file, xWrite, from, bytes, at);
    if code == ffi::SQLITE_OK
        && let Some(kept) = path.and_then(|path| state.files.get_mut(path))
    {
        let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize) }.to_vec();
        kept.pending.push(Change::Write { at: at as usize, bytes });
    }
    code
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let (state, path) = unsafe { parts(file) };
    let mut state = state.lock();
    if !state.step() || state.writes_fail {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    let code = ask_real!(file, xTruncate, size);
    if code == ffi::SQLITE_OK
        && let Some(kept) = path.and_then(|path| state.files.get_mut(path))
    {
        kept.pending.push(Change::Truncate(size as usize));
    }
    code
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    let (state, path) = unsafe { parts(file) };
    let mut state = state.lock();
    if !state.step() || state.syncs_fail {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    // Not the real sync: the machine's own power does not go, and this is what makes hundreds of rounds quick.
    if let Some(kept) = path.and_then(|path| state.files.get_mut(path)) {
        let is_new = kept.durable.is_none();
        let durable = kept.durable.get_or_insert_default();
        for change in kept.pending.drain(..) {
            change.apply(durable);
        }
        if is_new {
            // SQLite syncs the directory with a new log.
            state.deleted.clear();
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    ask_real!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    ask_real!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    ask_real!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    ask_real!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, with: *mut c_void) -> c_int {
    ask_real!(file, xFileControl, what, with)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    ask_real!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    ask_real!(file, xDeviceCharacteristics)
}
