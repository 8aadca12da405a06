//! Messages from NATS JetStream: two streams, each with a durable consumer that all workers of all machines share.
//!
//! What has a number, and signatures, are one stream; pictures and latest words the other, so that a backlog of pictures keeps no
//! alert back. NATS takes what comes over MQTT into a stream after it said PUBACK, so a node that dies may lose what it had
//! acknowledged: boxes keep it until the mark (`expect_marks`), and holes are requested again.
//!
//! A message published over NATS is not retained for MQTT clients: a box that comes online gets its marks because it said so on
//! `up/state` ([`super::store`]).

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context, Message};
use async_nats::{Client, ConnectError, ConnectOptions, Event, ServerAddr};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::desk::Outgoing;
use super::inbound::Incoming;
use super::settings::Nats;
use super::station::{Station, Worker};
use super::{tasks, tls, wire_names};
use crate::contract::messages::{EVENTS, PICTURES};
use crate::outbox;
use crate::text::{Sentence, centre as say, log_info, log_warn};

/// Most messages of one transaction. A guess: a commit takes a few milliseconds however many they are.
const BATCH: usize = 256;
/// What a worker that was killed had taken comes to another one after so long.
const ACK_WAIT: Duration = Duration::from_secs(15);
/// Between two tries at a server that is away or electing a leader.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// What nobody fetched for so long is forgotten: boxes have it still, for as long as it is not marked.
const KEPT_FOR: Duration = Duration::from_secs(7 * 86_400);
/// The name of the durable consumers.
const CONSUMER: &str = "centre";

/// A stream of JetStream and what is in it.
#[derive(Debug, Clone)]
struct Feed {
    name: &'static str,
    subjects: Vec<String>,
}

/// Both streams.
fn feeds(prefix: &str) -> [Feed; 2] {
    let numbered = EVENTS.into_iter().filter(|message| !message.retain);
    let rest = EVENTS.into_iter().filter(|message| message.retain).chain(PICTURES);
    [
        Feed { name: "LOOKOUT_RECORDS", subjects: wire_names::subjects(prefix, numbered) },
        Feed { name: "LOOKOUT_LATEST", subjects: wire_names::subjects(prefix, rest) },
    ]
}

/// Runs until it is stopped.
///
/// # Errors
/// The certificates cannot be used, or an address is none.
pub(super) async fn run(
    station: Arc<Station>,
    nats: &Nats,
    workers: usize,
    stop: watch::Receiver<bool>,
) -> Result<(), Sentence> {
    let client = connect(options(nats)?.retry_on_initial_connect(), nats).await?;
    let mut running = JoinSet::new();
    for feed in feeds(&station.prefix) {
        let of_feed = if feed.name == "LOOKOUT_RECORDS" { workers } else { workers.div_ceil(2) };
        for number in 0..of_feed {
            let worker = Worker::new(station.clone(), &format!("{}-{number}", feed.name), stop.clone());
            running.spawn(work(worker, client.clone(), feed.clone(), nats.clone()));
        }
    }
    let (questions, requests) = mpsc::channel(8);
    running.spawn(tasks::run(Worker::new(station.clone(), "tasks", stop.clone()), questions, stop));
    running.spawn(publish_requests(client.clone(), requests));
    while let Some(ended) = running.join_next().await {
        if let Err(failure) = ended {
            // A panic is our bug; the others go on, and what it had taken comes to them.
            crate::text::log_error!(say::worker_failed(failure.to_string()));
        }
    }
    // What was published last is on its way.
    let _ = tokio::time::timeout(TRY_AGAIN, client.flush()).await;
    Ok(())
}

fn options(nats: &Nats) -> Result<ConnectOptions, Sentence> {
    let report = |event: Event| async move {
        match event {
            Event::Connected => log_info!(say::nats_there()),
            Event::Disconnected => log_warn!(say::nats_away()),
            other => tracing::debug!(%other, "NATS"),
        }
    };
    let options = ConnectOptions::new()
        .name("lookout-centre")
        .ping_interval(Duration::from_secs(10))
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(100 * u64::try_from(attempts.min(20)).unwrap_or(20))
        })
        .event_callback(report);
    match nats.urls.iter().any(|url| url.starts_with("tls:")) {
        true => Ok(options.require_tls(true).tls_client_config(tls::client_config(&nats.tls)?)),
        false => Ok(options),
    }
}

async fn connect(options: ConnectOptions, nats: &Nats) -> Result<Client, Sentence> {
    let addresses = nats.urls.iter().map(|url| url.parse::<ServerAddr>()).collect::<Result<Vec<_>, _>>();
    let addresses = addresses.map_err(|_| say::no_url())?;
    let why = |error: ConnectError| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        say::nats_unusable(cause.unwrap_or_else(|| error.to_string()))
    };
    options.connect(addresses).await.map_err(why)
}

/// Whether the servers are there and take us.
///
/// # Errors
/// Why not.
pub(super) async fn reach(nats: &Nats, within: Duration) -> Result<(), Sentence> {
    let client = connect(options(nats)?, nats).await?;
    let context = jetstream::new(client);
    match tokio::time::timeout(within, context.query_account()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(say::nats_unusable(error.to_string())),
        Err(_) => Err(say::nats_away()),
    }
}

/// One worker: takes, stores, acknowledges, marks; from the beginning whenever that ends.
async fn work(mut worker: Worker, client: Client, feed: Feed, nats: Nats) {
    let context = jetstream::new(client.clone());
    let mut reported = None;
    while !*worker.stop.borrow() {
        let mut stop = worker.stop.clone();
        let found = tokio::select! {
            found = consumer(&context, &feed, &nats) => found,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let why = match found {
            Ok(consumer) => match take(&mut worker, &client, &consumer).await {
                None => return,
                Some(why) => why,
            },
            Err(why) => why,
        };
        if reported.as_ref() != Some(&why) {
            log_warn!(say::stream_unready(feed.name, &why));
            reported = Some(why);
        }
        tokio::select! {
            () = tokio::time::sleep(TRY_AGAIN) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// The stream and its consumer, made where they are not there.
async fn consumer(context: &Context, feed: &Feed, nats: &Nats) -> Result<PullConsumer, String> {
    let stream = context
        .get_or_create_stream(stream::Config {
            name: feed.name.to_owned(),
            subjects: feed.subjects.clone(),
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            max_age: KEPT_FOR,
            max_bytes: nats.stream_max_mib << 20,
            num_replicas: nats.replicas,
            ..stream::Config::default()
        })
        .await
        .map_err(|error| error.to_string())?;
    let consumer = stream.create_consumer(pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        // Every worker has a batch in its hands and one before it.
        max_ack_pending: 20_000,
        ..pull::Config::default()
    });
    consumer.await.map_err(|error| error.to_string())
}

/// Why the consumer is of no use any more; `None`: it is to stop.
async fn take(worker: &mut Worker, client: &Client, consumer: &PullConsumer) -> Option<String> {
    let messages =
        consumer.stream().max_messages_per_batch(BATCH).heartbeat(Duration::from_secs(5)).messages().await;
    let mut batches = match messages {
        Ok(messages) => messages.ready_chunks(BATCH),
        Err(error) => return Some(error.to_string()),
    };
    let mut stop = worker.stop.clone();
    loop {
        let batch = tokio::select! {
            batch = batches.next() => batch,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        let Some(batch) = batch else { return Some(String::new()) };
        let (mut taken, mut broken) = (Vec::with_capacity(batch.len()), None);
        for message in batch {
            match message {
                Ok(message) => taken.push(message),
                Err(error) => broken = Some(error.to_string()),
            }
        }
        if taken.is_empty() {
            return broken;
        }
        let committed = worker.store(taken.iter().map(incoming).collect()).await?;
        outbox::crash_point("centre-after-commit");
        for message in &taken {
            // Lost with the connection, it comes again and is there already.
            let _ = message.ack().await;
        }
        let marks = committed.marks.iter().map(|mark| worker.station.desk.mark(mark));
        publish(client, marks.collect()).await;
        if broken.is_some() {
            return broken;
        }
    }
}

fn incoming(message: &Message) -> Incoming {
    // The gateway passes no properties on: it speaks 3.1.1, and signatures come as messages of their own.
    Incoming { topic: wire_names::topic(&message.subject), body: message.payload.to_vec(), jws: None }
}

async fn publish_requests(client: Client, mut requests: mpsc::Receiver<Vec<Outgoing>>) {
    while let Some(questions) = requests.recv().await {
        publish(&client, questions).await;
    }
}

/// What is lost here is sent again: marks with the next message of the box, questions after a minute.
async fn publish(client: &Client, all: Vec<Outgoing>) {
    for outgoing in all {
        let subject = wire_names::subject(&outgoing.topic);
        if let Err(error) = client.publish(subject, outgoing.body.into()).await {
            tracing::debug!(%error, "not published");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::messages;

    #[test]
    fn every_message_of_a_box_is_in_one_of_the_streams_and_none_in_both() {
        let [records, latest] = feeds("lookout/v1");
        for message in EVENTS.into_iter().chain(PICTURES) {
            let subject = wire_names::subjects("lookout/v1", std::iter::once(message)).remove(0);
            let of = [&records, &latest].map(|feed| feed.subjects.contains(&subject));
            assert_eq!(of.iter().filter(|is_in| **is_in).count(), 1, "{subject}");
        }
        let of_alerts = wire_names::subjects("lookout/v1", std::iter::once(&messages::ALERT));
        assert!(records.subjects.contains(&of_alerts[0]));
    }
}
