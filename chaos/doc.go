// Package chaos runs the program as it is run in earnest, several replicas of it
// on one real Redis, breaks things at random, and asks the deployer's own ledger
// what really happened. It holds tests only.
//
// # What is broken
//
// TestChaos (RELEASEBOT_CHAOS=1, for CHAOS_TIME, 60s unless told): replicas are
// killed, frozen for longer than their lease, and told to stop, and come back;
// Redis is killed, frozen and started again, with every write synced; a proxy in
// between drops answers and breaks connections. Meanwhile people ask for
// releases, approve, reject and cancel them. When the faults have ended, every
// release has to be final or to wait for a named person, each key must have had
// at most one effect, none of them without its approvals in the log before it,
// and every mention that was acknowledged must have its thread.
//
// TestRolling… (RELEASEBOT_UPGRADE=1): each replica is replaced in turn, by the
// same program, and by an older one and back, while deploys run and cards wait.
//
// TestFailover… (RELEASEBOT_CLUSTER=1): a Sentinel failover that loses
// acknowledged writes, and each way of noticing that; masters of a Cluster, and
// of a Sentinel, that die while whole releases go on.
//
// TestPlantedBugsAreCaught (RELEASEBOT_PLANTED_CHAOS=1): the judge finds what is
// broken on purpose.
//
// TestScale… (RELEASEBOT_SCALE=1): what ten thousand waiting threads cost.
//
// # The judge
//
// The deploy command (deployer_test.go) writes a line into the ledger when it
// begins and one when it ends. What the logs say is compared with it, not with
// the program's own state.
//
// # Cleaning up
//
// Every process is ended by its id when the test is over. Deploys last three seconds
// at most, and end by themselves.
package chaos
