// Records go in and the same records come out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionTypes, kafka, LIMIT, produce, producer, read, topic, using } from '../broker.js'

for (const [codec, compression] of Object.entries(CompressionTypes)) {
  test(`codec ${codec} survives the broker`, LIMIT, async () => {
    const name = await topic()
    await produce(name, 500, { compression })
    const messages = await read(name, 500)
    messages.forEach((message, i) => {
      assert.equal(message.offset, String(i))
      assert.equal(message.key.toString(), `key-${i}`)
      assert.equal(message.value.toString(), `value-${i}`)
    })
  })
}

test('headers, nulls and empty values come back as they were', LIMIT, async () => {
  const name = await topic()
  await using(producer(), (it) =>
    it.send({
      topic: name,
      messages: [
        { key: 'key', value: 'value', headers: { first: ['1', 'again'], empty: '' } },
        { key: null, value: 'no key' },
        { key: 'no value', value: null },
        { key: '', value: '' },
      ],
    }),
  )
  const [first, ...others] = await read(name, 4)
  assert.deepEqual(first.headers.first.map(String), ['1', 'again'])
  assert.equal(first.headers.empty.length, 0)
  const text = (bytes) => bytes && bytes.toString()
  assert.deepEqual(
    others.map(({ key, value }) => [text(key), text(value)]),
    [[null, 'no key'], ['no value', null], ['', '']],
  )
})

test('offsets are found by timestamp', LIMIT, async () => {
  const name = await topic()
  const start = Date.now() - 60_000
  await using(producer(), (it) =>
    it.send({ topic: name, messages: Array.from({ length: 10 }, (_, i) => ({ value: 'v', timestamp: String(start + i * 1_000) })) }),
  )
  await using(kafka.admin(), async (admin) => {
    for (const [after, offset] of [[4_000, '4'], [4_001, '5'], [-1_000, '0'], [3_600_000, '10']]) {
      const found = await admin.fetchTopicOffsetsByTimestamp(name, start + after)
      assert.deepEqual(found, [{ partition: 0, offset }])
    }
  })
})

test('earliest and latest bound the log', LIMIT, async () => {
  const name = await topic()
  await produce(name, 7)
  await using(kafka.admin(), async (admin) => {
    assert.deepEqual(await admin.fetchTopicOffsets(name), [{ partition: 0, offset: '7', high: '7', low: '0' }])
  })
})

test('an idempotent producer writes every record once and in order', LIMIT, async () => {
  const name = await topic()
  await using(producer({ idempotent: true, maxInFlightRequests: 1 }), async (it) => {
    for (let batch = 0; batch < 40; batch++) {
      const messages = Array.from({ length: 25 }, (_, i) => ({ value: `value-${batch * 25 + i}` }))
      const [answer] = await it.send({ topic: name, acks: -1, messages })
      assert.equal(answer.baseOffset, String(batch * 25))
    }
  })
  const messages = await read(name, 1_000)
  messages.forEach((message, i) => assert.equal(message.value.toString(), `value-${i}`))
})
