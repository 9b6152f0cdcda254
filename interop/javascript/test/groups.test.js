// Groups share the partitions out among whoever is alive, and remember how far they came.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually, fresh, join, kafka, LIMIT, produce, topic, using } from '../broker.js'

const awaitPartitions = (each, ...members) =>
  eventually(
    `each of ${members.length} members owns ${each}`,
    async () => members.map((member) => member.owned().length),
    (sizes) => sizes.every((size) => size === each),
  )

test('a group follows members that join, leave and die', LIMIT, async () => {
  const name = await topic(4)
  const group = fresh('group')
  const first = await join(group, name)
  try {
    await awaitPartitions(4, first)

    const second = await join(group, name)
    try {
      await awaitPartitions(2, first, second)
      assert.deepEqual([...first.owned(), ...second.owned()].sort(), [0, 1, 2, 3])
    } finally {
      await second.consumer.disconnect()
    }
    await awaitPartitions(4, first)

    const program = fileURLToPath(new URL('../member.js', import.meta.url))
    const third = spawn(process.execPath, [program, name, group], { stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = once(third, 'exit')
    try {
      await awaitPartitions(2, first)
    } finally {
      third.kill('SIGKILL')
      await ended
    }
    await awaitPartitions(4, first)
  } finally {
    await first.consumer.disconnect()
  }
})

test('a consumer resumes from its commit', LIMIT, async () => {
  const name = await topic()
  const group = fresh('group')
  await produce(name, 10)
  const first = await join(group, name)
  await eventually('ten records', async () => first.messages.length, (length) => length === 10)
  await first.consumer.commitOffsets([{ topic: name, partition: 0, offset: '6', metadata: 'six are done' }])
  await first.consumer.disconnect()

  await using(kafka.admin(), async (admin) => {
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [name] })
    assert.deepEqual(committed.partitions, [{ partition: 0, offset: '6', metadata: 'six are done' }])
  })
  const second = await join(group, name)
  await eventually('four records', async () => second.messages.length, (length) => length === 4)
  assert.equal(second.messages[0].offset, '6')
  await second.consumer.disconnect()
})

test('groups are listed, described and deleted', LIMIT, async () => {
  const name = await topic(2)
  const group = fresh('group')
  await using(kafka.admin(), async (admin) => {
    const describe = async () => (await admin.describeGroups([group])).groups[0]
    const listed = async () => (await admin.listGroups()).groups.find(({ groupId }) => groupId === group)
    const member = await join(group, name)
    try {
      await awaitPartitions(2, member)
      const { state, members } = await describe()
      assert.deepEqual([state, members.length], ['Stable', 1])
      assert.equal((await listed()).protocolType, 'consumer')
      await assert.rejects(admin.deleteGroups([group]))
    } finally {
      await member.consumer.disconnect()
    }
    await eventually('the group is empty', describe, ({ state }) => state === 'Empty')
    await admin.deleteGroups([group])
    assert.equal(await listed(), undefined)
  })
})

test('group offsets are set and fetched', LIMIT, async () => {
  const name = await topic(2)
  const group = fresh('group')
  await using(kafka.admin(), async (admin) => {
    await admin.setOffsets({ groupId: group, topic: name, partitions: [{ partition: 0, offset: '3' }] })
    const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [name] })
    const offsets = fetched.partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => offset)
    assert.deepEqual(offsets, ['3', '-1'])
  })
})
