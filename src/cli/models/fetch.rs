//! `lookout models fetch`: a public model is downloaded from where its maker publishes it, and then added as
//! [`add`](super::add) adds any other.
//!
//! The digest is compared before anything parses a byte of the file, and the file gets its name only after that.
//! Whatever fails leaves manifest and folder as they were.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use super::add::{Target, name_is_free, plug_in, talk};
use super::catalogue::{Catalogue, Public};
use super::download::{DownloadError, Wanted, download};
use crate::cli::{Failure, print_line};
use crate::detector::manifest::Manifest;
use crate::types::hex::hex;

/// Download a public model whose SHA-256 is known, and add it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model of the catalogue [default: list those there are]
    #[arg(value_name = "NAME")]
    model: Option<String>,
    /// A catalogue of your own, in the form of models/public.toml [default: the one that comes with Lookout]
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// What configuration calls it [default: as the catalogue does]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Longest the download may take, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    target: Target,
}

/// Runs the command.
///
/// # Errors
/// Where the catalogue has no such model or no digest for it, the download fails or is another file, or the model
/// does not work.
pub fn run(args: Args) -> Result<(), Failure> {
    let catalogue = Catalogue::open(args.from.as_deref())?;
    let Some(model) = &args.model else { return list(&catalogue) };
    let model = catalogue.model(model)?;
    let digest = model.digest()?;
    let name = args.name.as_deref().unwrap_or(&model.name);
    let manifest = Manifest::locate(args.target.manifest.as_deref()).map_err(Failure::invalid)?;
    name_is_free(name, &manifest)?;

    let folder = match manifest.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let new_folder = !folder.exists();
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::failed(format!("folder {} cannot be made: {error}", folder.display())))?;
    let outcome = fetch_and_add(model, name, &digest, &manifest, &folder, &args);
    if outcome.is_err() && new_folder {
        // Succeeds only if nothing is in it.
        let _ = fs::remove_dir(&folder);
    }
    outcome
}

fn list(catalogue: &Catalogue) -> Result<(), Failure> {
    for model in catalogue.models() {
        let pinned = if model.digest().is_ok() { "" } else { "; not fetched: no pinned digest" };
        print_line(format!("{}: {}", model.name, model.what))?;
        print_line(format!("    {}; {}; {}{pinned}", model.licence, model.maker, model.page))?;
        if let Some(note) = &model.note {
            print_line(format!("    {note}"))?;
        }
    }
    Ok(())
}

fn fetch_and_add(
    model: &Public,
    name: &str,
    digest: &[u8; 32],
    manifest: &Path,
    folder: &Path,
    args: &Args,
) -> Result<(), Failure> {
    let file = folder.join(model.file_name()?);
    talk(format!("{}: {}", model.name, model.what));
    talk(format!("  licence {}, by {}: {}", model.licence, model.maker, model.page));
    if let Some(note) = &model.note {
        talk(format!("  note: {note}"));
    }
    let brought = if file.exists() {
        is_the_one(&file, digest)?;
        talk(format!("{} is there already, with the right digest", file.display()));
        false
    } else {
        talk(format!("fetching {}", model.url));
        bring(model, digest, &file, args.timeout)?;
        true
    };
    let outcome = plug_in(model.description(name), &file, manifest, &args.target, false);
    if outcome.is_err() && brought {
        // It is right and does not work here: nobody asked for the file alone.
        let _ = fs::remove_file(&file);
    }
    outcome
}

/// A file of that name which somebody else put there is used if it is the same, and never overwritten.
fn is_the_one(file: &Path, digest: &[u8; 32]) -> Result<(), Failure> {
    let failed = |error| Failure::failed(format!("{}: cannot be read: {error}", file.display()));
    let (mut source, mut found) = (File::open(file).map_err(failed)?, Sha256::new());
    let mut chunk = vec![0; 64 << 10];
    loop {
        match source.read(&mut chunk).map_err(failed)? {
            0 => break,
            read => found.update(&chunk[..read]),
        }
    }
    let found: [u8; 32] = found.finalize().into();
    if found == *digest {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} is there already and is another file: SHA-256 {}, where the catalogue says {}\n  hint: move it away, or name another folder with --manifest",
        file.display(),
        hex(&found),
        hex(digest)
    )))
}

/// Downloads beside `file` and gives it that name once its digest is right.
fn bring(model: &Public, digest: &[u8; 32], file: &Path, timeout_secs: u64) -> Result<(), Failure> {
    let mut part = Part::make(file)?;
    let wanted = Wanted {
        url: model.url.clone(),
        most_bytes: model.most_bytes(),
        within: Duration::from_secs(timeout_secs),
    };
    let found = download(&wanted, &mut part.out).map_err(|error| match error {
        DownloadError::Disk(_) => Failure::failed(format!("{}: {error}", part.path.display())),
        DownloadError::NotSecure { .. } | DownloadError::Credentials { .. } => {
            Failure::invalid(format!("`{}`: {error}", model.name))
        }
        DownloadError::NoAuthorities { .. }
        | DownloadError::Status { .. }
        | DownloadError::Redirect { .. }
        | DownloadError::TooLarge { .. }
        | DownloadError::Cut { .. }
        | DownloadError::TooSlow { .. }
        | DownloadError::Certificate { .. }
        | DownloadError::Connection { .. } => Failure::failed(format!("`{}`: {error}", model.name)),
    })?;
    if found != *digest {
        return Err(Failure::failed(format!(
            "`{}`: what came is another file: SHA-256 {}, where the catalogue says {}; it was thrown away\n  hint: its maker has published another version, or somebody stands between; look at {}",
            model.name,
            hex(&found),
            hex(digest),
            model.page
        )));
    }
    part.keep_as(file)
}

/// The file while it comes in; gone when this is dropped.
struct Part {
    path: PathBuf,
    out: File,
    kept: bool,
}

impl Part {
    /// `.NAME.part` beside `file`; what a killed run left there is overwritten.
    fn make(file: &Path) -> Result<Part, Failure> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.part"));
        let failed = |error: std::io::Error| {
            Failure::failed(format!(
                "{}: cannot be written: {error}\n  hint: may you write there? --manifest FILE names another place",
                path.display()
            ))
        };
        let out = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        if flock(&out, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Failure::failed(format!("{}: another run is fetching this file", path.display())));
        }
        out.set_len(0).map_err(failed)?;
        Ok(Part { path, out, kept: false })
    }

    fn keep_as(mut self, file: &Path) -> Result<(), Failure> {
        fs::rename(&self.path, file)
            .map_err(|error| Failure::failed(format!("{}: cannot be written: {error}", file.display())))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
