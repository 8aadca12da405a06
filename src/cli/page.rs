//! `lookout page`: where the page of the box is, and who may open it.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::language;
use super::{Failure, print_line};
use crate::analysis::time::Timestamp;
use crate::config::edit::{self, Edit};
use crate::config::{self, Config, Surroundings, WebListen, write};
use crate::contract::Language;
use crate::text::{Sentence, argument, page as words};
use crate::web::accounts::{self, Accounts, Role};
use crate::web::{self};

/// Every address of the box, at the page's usual port.
const EVERYWHERE: &str = "0.0.0.0:8443";

/// Arguments of `lookout page`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// The configuration of the box
    #[arg(long, short, global = true, default_value = "/etc/lookout/lookout.toml")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a code with which somebody gets a name and a password; it works once, within a quarter of an hour
    Enrol {
        /// What they may do: viewer (sees everything), operator (works on alerts) or installer (also decides what runs)
        #[arg(long, value_parser = role, default_value = "operator")]
        role: Role,
        /// Whose password it sets, also of somebody who has one already; without it a new name
        #[arg(long)]
        name: Option<String>,
    },
    /// Open the page for phones and computers on the site's network: `[web] listen` in the configuration
    Open {
        /// The address and port it is served at; this one is every address of the box
        #[arg(long, value_parser = page_address, default_value = EVERYWHERE)]
        listen: SocketAddr,
    },
    /// Close it again for everything but this machine
    Close,
    /// Take somebody's name away; whoever is logged in with it is logged out
    Remove {
        /// The name
        name: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| words::role_expected().in_language(language::of_this_run()))
}

/// One that a browser can open: with a port.
fn page_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.trim().parse::<SocketAddr>().ok().filter(|address| address.port() != 0);
    address.ok_or_else(|| words::address_expected(EVERYWHERE).in_language(language::of_this_run()))
}

/// Runs it.
///
/// # Errors
/// The configuration has problems, the page is switched off, or its files cannot be used.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let is_off = || Failure::tried(words::page_is_off()).hint(words::try_switching_on());
    let text = config::text_of(&args.config).map_err(Failure::from)?;
    // A box without a page needs a camera or a sensor, which is not what somebody misses who wants the page.
    if config::switches_page_off(&text) {
        return Err(is_off());
    }
    let surroundings = Surroundings::elsewhere(&args.config);
    let config = Config::from_text(&args.config, &text, &surroundings).map_err(Failure::from)?;
    if !config.web.enabled {
        return Err(is_off());
    }
    let folder = web::folder_in(&config.outbox.dir);
    let mut known = Accounts::within(&folder);
    let unusable = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => words::try_sudo(),
            _ => words::try_room(),
        };
        Failure::tried(words::folder_unusable(folder.display(), argument::why_unwritten(&error))).hint(hint)
    };
    match args.action {
        None => show(&config, &folder, &mut known, language).map_err(unusable)?,
        Some(Action::Enrol { role, name }) => {
            if let Some(name) = name.as_deref().filter(|name| !accounts::is_name(name)) {
                let hint = words::name_is_none(accounts::MOST_NAME_CHARS);
                return Err(Failure::refused(words::no_name(name)).hint(hint));
            }
            let code = known.make_code(role, name, Timestamp::now()).map_err(unusable)?;
            let minutes = accounts::CODE_GOOD_FOR.as_secs() / 60;
            let where_to = format!("{}/enrol", url(&config, &folder));
            say!("{}", words::type_the_code(where_to, minutes, role.name()).in_language(language));
            print_line(code)?;
        }
        Some(Action::Open { listen }) => set_listen(&args.config, &config, Some(listen))?,
        Some(Action::Close) => set_listen(&args.config, &config, None)?,
        Some(Action::Remove { name }) => {
            if !known.remove(&name).map_err(unusable)? {
                return Err(Failure::tried(words::nobody_of_that_name(name)));
            }
            say!("{}", words::removed(name).in_language(language));
        }
    }
    Ok(())
}

fn show(config: &Config, folder: &Path, known: &mut Accounts, language: Language) -> std::io::Result<()> {
    let print = |sentence: Sentence| print_line(sentence.in_language(language));
    let people = known.people()?;
    let lines = [
        Some(words::line_address(url(config, folder))),
        Some(match web::fingerprint(folder)? {
            Some(fingerprint) => words::line_fingerprint(fingerprint),
            None => words::line_no_certificate(),
        }),
        web::address(folder).is_none().then(words::line_not_served),
        people.is_empty().then(words::line_nobody),
    ];
    let people = people.iter().map(|person| words::line_person(person.name.as_str(), person.role.name()));
    for line in lines.into_iter().flatten().chain(people) {
        // What cannot be printed was reported already.
        let _ = print(line);
    }
    Ok(())
}

/// Writes where the page is served into the configuration, whose comments and order stay; `None`: where it usually is, for this
/// machine alone.
fn set_listen(path: &Path, config: &Config, listen: Option<SocketAddr>) -> Result<(), Failure> {
    let value = listen.map(|listen| listen.to_string().into());
    let edit = Edit::SetIn { section: "web", key: "listen".to_owned(), value };
    let text = edit::apply(config.text(), &[edit]).map_err(Failure::tried)?;
    let changed = Config::from_text(path, &text, &Surroundings::elsewhere(path)).map_err(Failure::from)?;
    let address = listened(&changed).map(https).unwrap_or_default();
    let what = if changed.web.listen == config.web.listen {
        words::is_served_there_already(address)
    } else {
        write::configuration(path, &text)
            .map_err(|error| Failure::tried(error.sentence()).hint_if(error.hint()))?;
        words::will_be_served(path.display(), address)
    };
    say!("{}", what.in_language(language::of_this_run()));
    Ok(())
}

/// Where a browser finds the page: as the daemon says, or as the configuration does.
fn url(config: &Config, folder: &Path) -> String {
    web::address(folder).or(listened(config)).map(https).unwrap_or_default()
}

/// Where the configuration lets the page be served.
fn listened(config: &Config) -> Option<SocketAddr> {
    match config.web.listen {
        WebListen::At(address) => Some(address),
        WebListen::Usual => crate::config::document::DEFAULT_WEB_LISTEN.parse().ok(),
    }
}

/// What to type into a browser for a page that listens there.
fn https(listen: SocketAddr) -> String {
    let reached = if listen.ip().is_unspecified() { own_address(listen.ip()) } else { None };
    let address = SocketAddr::new(reached.unwrap_or(listen.ip()), listen.port());
    format!("https://{address}")
}

/// The address of this machine on the way to elsewhere. Nothing is sent: the system only chooses a way.
fn own_address(listen: IpAddr) -> Option<IpAddr> {
    let (any, elsewhere) = match listen {
        IpAddr::V4(_) => ("0.0.0.0:0", "192.0.2.1:9"),
        IpAddr::V6(_) => ("[::]:0", "[2001:db8::1]:9"),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(elsewhere).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_opened_at_an_address_with_a_port() {
        assert_eq!(page_address("0.0.0.0:8443"), Ok(SocketAddr::from(([0, 0, 0, 0], 8443))));
        assert!(page_address("[::]:9443").is_ok());
        for none in ["0.0.0.0:0", "0.0.0.0", "::1", "8443", ""] {
            let refused = page_address(none).expect_err(none);
            assert!(refused.contains(EVERYWHERE), "{none}: {refused}");
        }
    }
}
