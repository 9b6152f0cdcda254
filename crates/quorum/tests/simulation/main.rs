//! Whole clusters in virtual time under a seed: safety with everything failing, then peace and liveness.

mod chance;
mod checker;
mod disk;
mod nemesis;
mod world;

use chance::Chance;
use quorum::{Quorum, RoleName};
use world::{Plan, World};

/// How long things fail, and when the last client record is written in the peace that follows.
const WAR_MS: u64 = 12_000;
const LAST_RECORD_MS: u64 = 24_000;
const END_MS: u64 = 28_000;

/// Swarm: each seed has its own mix of what fails, and some have none of it.
fn plan(seed: u64, voters: i32, dynamic: bool) -> Plan {
    let mut chance = Chance::new(seed ^ 0x5eed);
    Plan {
        voters,
        others: if dynamic { 2 } else { chance.between(0, 3) as i32 },
        dynamic,
        loss_percent: chance.pick(&[0, 0, 2, 10]).unwrap_or(0),
        repeat_percent: chance.pick(&[0, 0, 5, 20]).unwrap_or(0),
        delay_ms: chance.pick(&[2, 10, 30, 100]).unwrap_or(2),
        crashes: chance.happens(75),
        partitions: chance.happens(75),
    }
}

fn run(seed: u64, plan: Plan) -> World {
    let mut world = World::new(seed, plan);
    world.run_until(WAR_MS);
    world.make_peace();
    let before = world.checker.committed_end();
    world.run_until(LAST_RECORD_MS);
    world.quiet();
    world.run_until(END_MS);
    let end = world.checker.committed_end();
    assert!(end > before, "R15 EventuallyLeader: nothing was committed in peace (seed {seed})");
    let leaders = world.leaders();
    assert_eq!(leaders.len(), 1, "R15: one leader in peace (seed {seed})");
    for id in world.ids() {
        let known = world.quorum(id).and_then(Quorum::high_watermark);
        assert_eq!(known, Some(end), "R15: node {id} learns of everything (seed {seed})");
        assert_eq!(world.end_offset(id), end, "R4: all logs are equal in peace, node {id} (seed {seed})");
    }
    world
}

fn run_seeds(seeds: std::ops::Range<u64>, voters: i32, dynamic: bool) {
    for seed in seeds {
        run(seed, plan(seed, voters, dynamic));
    }
}

#[test]
fn one_voter_survives_everything() {
    run_seeds(0..40, 1, false);
}

#[test]
fn three_voters_survive_everything() {
    run_seeds(100..150, 3, false);
}

#[test]
fn three_voters_survive_everything_again() {
    run_seeds(150..180, 3, false);
}

#[test]
fn five_voters_survive_everything() {
    run_seeds(200..240, 5, false);
}

#[test]
fn voters_that_come_and_go_survive_everything() {
    run_seeds(300..340, 3, true);
}

#[test]
fn same_seed_gives_the_same_run() {
    for seed in 0..5 {
        let once = run(seed, plan(seed, 3, seed % 2 == 0));
        let again = run(seed, plan(seed, 3, seed % 2 == 0));
        assert_eq!(once.digest, again.digest, "seed {seed}");
        assert!(once.checker.commits > 0);
    }
}

fn calm(voters: i32) -> Plan {
    Plan {
        voters,
        others: 1,
        dynamic: false,
        loss_percent: 0,
        repeat_percent: 0,
        delay_ms: 5,
        crashes: false,
        partitions: false,
    }
}

/// R14: a follower that was cut off asks, is told no, and follows again; the leader and its epoch stay.
#[test]
fn voter_that_was_cut_off_does_not_depose_the_leader() {
    for seed in 0..20 {
        let mut world = World::new(seed, calm(3));
        world.run_until(5_000);
        let leaders = world.leaders();
        let [leader] = leaders[..] else { panic!("one leader in peace, not {leaders:?}") };
        let epoch = world.quorum(leader).map(Quorum::epoch);
        // With nothing written meanwhile its log is as good as any: only the pre-vote holds it back.
        world.quiet();
        world.run_until(6_000);
        let follower = if leader == 3 { 1 } else { 3 };
        world.cut_off(follower);
        world.run_until(20_000);
        assert_ne!(world.quorum(follower).map(Quorum::role), Some(RoleName::Leader));
        world.make_peace();
        world.run_until(26_000);
        assert_eq!(world.leaders(), [leader], "R14, seed {seed}");
        assert_eq!(world.quorum(leader).map(Quorum::epoch), epoch, "R14, seed {seed}");
        assert_eq!(world.quorum(follower).map(Quorum::epoch), epoch, "R14, seed {seed}");
    }
}

/// The sequence that once lost records: a leader dies before its log is durable and is the first to come back.
#[test]
fn dead_leader_that_comes_back_first_leads_no_old_epoch() {
    for seed in 0..20 {
        let plan = Plan { crashes: true, ..calm(3) };
        let world = run(seed, plan);
        assert!(world.checker.has_committed(1) || world.checker.commits > 0);
    }
}
