//! A message from the centre: the gate, the signature, the body. The first byte chooses the command and whether the
//! message is signed for it by a key that the box knows, so that bodies are reached, too.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lookout::analysis::time::Timestamp;
use lookout::contract::signature::{KnownKey, PrivateKey, Role};
use lookout::control::{COMMANDS, CommandSpec, Gate};
use lookout::control::envelope::Received;
use lookout::control::inbox::judge;

/// Those that there are, and some that there are not.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    COMMANDS.iter().map(CommandSpec::name).chain(["mark", "reboot", "", "ack/x"]).collect()
});

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate("admin-1").expect("random numbers"));
static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let gate = Gate::default();
    gate.set_keys(&[KnownKey { id: "admin-1".into(), role: Role::Admin, public: KEY.public() }]);
    gate
});
static OPEN: LazyLock<Gate> = LazyLock::new(Gate::default);

fuzz_target!(|message: &[u8]| {
    let Some((first, body)) = message.split_first() else { return };
    let command = NAMES[usize::from(first & 0x0f) % NAMES.len()];
    let (is_signed, is_open, retained) = (first & 0x10 != 0, first & 0x20 != 0, first & 0x40 != 0);
    let now = Timestamp::from_second(1_790_000_000).expect("a time");
    let gate = if is_open { &*OPEN } else { &*GATE };
    let signed = is_signed.then(|| KEY.sign(body));
    let bytes = signed.as_ref().map_or(body, |text| text.as_bytes());
    match judge(gate, command, bytes, retained, now) {
        Ok(taken) => {
            assert!(is_signed || is_open, "unsigned bytes were taken");
            if let Received::Command(taken) = taken {
                let envelope = taken.envelope;
                assert_eq!(envelope.command(), command);
                assert!(!envelope.request_id.is_empty() && !envelope.by.is_empty());
                assert!(is_open || envelope.signer.is_some());
                assert!(!retained || command == "config");
            }
        }
        Err(refusal) => assert!(!refusal.why.is_empty()),
    }
});
