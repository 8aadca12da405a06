# The daily commands; `just` lists them.

export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", cache_directory() / "lookout/target")

default:
    @just --list --justfile {{justfile()}}

# one part of the tests: `just test config`, `just test --lib analysis::`
test *what:
    deploy/test.sh {{ if what =~ "^[a-z_]+$" { "--test " + what } else { what } }}

# what must hold before a change lands
ci:
    .ci/run

# a clip as a camera, alerts in the terminal
demo *args:
    deploy/demo.sh {{args}}

# the generated documents
schema:
    cargo run --locked -- schema --dir config

# how fast the decode-and-infer loop is, stage by stage
bench *filter:
    cargo bench --locked --bench hot_path -- {{filter}}

# the program's documentation
doc:
    cargo doc --locked --no-deps --open
