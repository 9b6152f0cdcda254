//! One group member, run until it is killed: `member TOPIC GROUP`.

use std::time::Duration;

use interop::consumer;
use rdkafka::consumer::Consumer;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let member = consumer(&arguments[2]);
    member.subscribe(&[&arguments[1]]).unwrap();
    loop {
        let _ = member.poll(Duration::from_millis(100));
    }
}
