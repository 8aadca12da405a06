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

use super::add::{Target, name_is_free, plug_in, talk, talk_below};
use super::catalogue::{Catalogue, Public};
use super::download::{Download, download};
use super::refused;
use crate::cli::{Failure, language, named_path, print_line};
use crate::detector::manifest::Manifest;
use crate::input_file;
use crate::text::{Sentence, argument, models as say, probe};
use crate::types::hex::hex;

/// Download a public model whose SHA-256 is known, and add it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
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
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let catalogue = Catalogue::open(args.from.as_deref())?;
    let Some(model) = &args.model else { return list(&catalogue) };
    let model = catalogue.model(model)?;
    let digest = model.digest()?;
    let name = args.name.as_deref().unwrap_or(&model.name);
    let manifest = Manifest::locate(args.target.manifest.as_deref()).map_err(refused)?;
    name_is_free(name, &manifest)?;

    let folder = match manifest.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let new_folder = !folder.exists();
    fs::create_dir_all(&folder).map_err(|error| named_path::folder_not_made(&folder, &error))?;
    let outcome = fetch_and_add(model, name, &digest, &manifest, &folder, &args);
    if outcome.is_err() && new_folder {
        // Succeeds only if nothing is in it.
        let _ = fs::remove_dir(&folder);
    }
    outcome
}

fn list(catalogue: &Catalogue) -> Result<(), Failure> {
    let language = language::of_this_run();
    for model in catalogue.models() {
        let Public { name, licence, page, .. } = model;
        let maker = model.maker(language);
        let made_by = match model.digest() {
            Ok(_) => say::made_by(licence, maker, page),
            Err(_) => say::made_by_unpinned(licence, maker, page),
        };
        let localized = |sentence: Sentence| sentence.in_language(language);
        print_line(localized(say::public(name, model.what(language))))?;
        print_line(format!("    {}", localized(made_by)))?;
        if let Some(note) = model.note(language) {
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
    let language = language::of_this_run();
    talk(say::public(&model.name, model.what(language)));
    talk_below(say::licensed(&model.licence, model.maker(language), &model.page));
    if let Some(note) = model.note(language) {
        talk_below(probe::note(note));
    }
    let brought = if file.exists() {
        is_the_one(&file, digest)?;
        talk(say::here_already(file.display()));
        false
    } else {
        talk(say::fetching(model.url.as_str()));
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
    let failed = |error: std::io::Error| {
        Failure::tried(argument::unread(file.display(), argument::why_unread(&error)))
    };
    let (mut source, mut found) = (input_file::open_plain(file).map_err(failed)?, Sha256::new());
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
    Err(Failure::tried(say::another_file(file.display(), hex(&found), hex(digest)))
        .hint(say::try_moving_it()))
}

/// Downloads beside `file` and gives it that name once its digest is right.
fn bring(model: &Public, digest: &[u8; 32], file: &Path, timeout_secs: u64) -> Result<(), Failure> {
    let mut part = Part::make(file)?;
    let wanted = Download {
        url: model.url.clone(),
        most_bytes: model.most_bytes(),
        within: Duration::from_secs(timeout_secs),
    };
    let found = download(&wanted, &mut part.out).map_err(|error| error.failure(&model.name, &part.path))?;
    if found != *digest {
        return Err(Failure::tried(say::another_came(&model.name, hex(&found), hex(digest)))
            .hint(say::try_its_page(&model.page)));
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
        let failed =
            |error: std::io::Error| named_path::unwritable(&path, &error).hint(say::try_other_place());
        let out = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        if flock(&out, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Failure::tried(say::fetched_by_another(path.display())));
        }
        out.set_len(0).map_err(failed)?;
        Ok(Part { path, out, kept: false })
    }

    fn keep_as(mut self, file: &Path) -> Result<(), Failure> {
        fs::rename(&self.path, file).map_err(|error| named_path::unwritable(file, &error))?;
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
