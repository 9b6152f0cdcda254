// What an administrator asks and orders.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, fresh, kafka, LIMIT, produce, read, topic, using } from '../broker.js'

const TOPIC = 2
const admin = kafka.admin()
before(() => admin.connect())
after(() => admin.disconnect())

const describe = async (name) => (await admin.fetchTopicMetadata({ topics: [name] })).topics[0]

test('topics are created, described and deleted', LIMIT, async () => {
  const name = fresh('topic')
  const wanted = {
    topics: [{ topic: name, numPartitions: 3, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '3600000' }] }],
    waitForLeaders: true,
  }
  assert.equal(await admin.createTopics(wanted), true)
  assert.equal(await admin.createTopics(wanted), false)
  const { partitions } = await describe(name)
  assert.equal(partitions.length, 3)
  for (const { leader, replicas, isr } of partitions) {
    assert.deepEqual(replicas, [leader])
    assert.deepEqual(isr, [leader])
  }
  await admin.deleteTopics({ topics: [name] })
  await eventually('the topic is gone', () => admin.listTopics(), (topics) => !topics.includes(name))
  // The client takes an unknown topic for one that is about to come; this one does not try again.
  await using(kafka.admin({ retry: { retries: 0 } }), (once) => assert.rejects(once.deleteTopics({ topics: [name] })))
})

test('partitions are added', LIMIT, async () => {
  const name = await topic()
  await admin.createPartitions({ topicPartitions: [{ topic: name, count: 4 }] })
  const led = ({ partitions }) => partitions.filter(({ leader }) => leader >= 0).length
  await eventually('four partitions', () => describe(name), (described) => led(described) === 4)
  await produce(name, 5, { partition: 3 })
  const messages = await read(name, 5)
  assert.ok(messages.every(({ partition }) => partition === 3))
})

test('the cluster is described', LIMIT, async () => {
  const { brokers, controller, clusterId } = await admin.describeCluster()
  assert.ok(clusterId)
  assert.ok(brokers.length > 0)
  assert.ok(controller >= 0)
})

test('configs are described and altered', LIMIT, async () => {
  const name = await topic()
  const value = async (key) => {
    const described = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: TOPIC, name, configNames: [key] }] })
    return described.resources[0].configEntries[0].configValue
  }
  const alter = (key, to) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: TOPIC, name, configEntries: [{ name: key, value: to }] }] })
  const becomes = (key, to) => eventually(`${key}=${to}`, () => value(key), (got) => got === to)

  await becomes('cleanup.policy', 'delete')
  // The only call that this client has replaces the whole set.
  await alter('retention.ms', '12345')
  await becomes('retention.ms', '12345')
  await alter('cleanup.policy', 'compact')
  await becomes('cleanup.policy', 'compact')
  await becomes('retention.ms', '604800000')
  await assert.rejects(alter('retention.ms', 'soon'))
})

test('records before an offset are deleted', LIMIT, async () => {
  const name = await topic()
  await produce(name, 10)
  // The client finds the leader only of topics that it has met before.
  assert.equal((await admin.fetchTopicOffsets(name))[0].high, '10')
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '6' }] })
  const messages = await read(name, 4)
  assert.equal(messages[0].offset, '6')
})
