// The broker under test: its clients, fresh names, and waiting for what becomes true after a while.
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import snappy from 'kafkajs-snappy'
import { ZstdCodec } from 'zstd-codec'

const require = createRequire(import.meta.url)
const lz4 = require('lz4js')
const xxh32 = require('lz4js/xxh32.js')
const { CompressionCodecs, CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs

const zstd = await new Promise((resolve) => ZstdCodec.run((module) => resolve(new module.Simple())))

// lz4js writes blocks that do not refer to one another, but forgets to say so in the frame; Kafka insists on it.
const independentBlocks = (frame) => {
  frame[4] |= 0x20
  frame[6] = xxh32.hash(0, frame, 4, 2) >> 8
  return frame
}

// KafkaJS brings gzip; its documentation tells how to plug in the others.
CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => independentBlocks(Buffer.from(lz4.compress(encoder.buffer))),
  decompress: async (buffer) => Buffer.from(lz4.decompress(buffer)),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
})

export { CompressionTypes }

if (!process.env.BOOTSTRAP) {
  throw new Error('BOOTSTRAP must name the broker, for example 127.0.0.1:9092')
}

/** How long one condition may take to become true, and one test, in milliseconds. */
export const PATIENCE = 30_000
export const LIMIT = { timeout: 60_000 }

const run = Date.now().toString(36)
let serial = 0

/** A name that no other test and no other run uses. */
export const fresh = (what) => `javascript-${what}-${run}-${process.pid}-${++serial}`

export const kafka = new Kafka({
  clientId: 'interop',
  brokers: process.env.BOOTSTRAP.split(','),
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 10 },
})

/** Connects any client, hands it over and disconnects it whatever happens. */
export const using = async (client, work) => {
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.disconnect()
  }
}

/** Asks again and again until the answer fits; fails with the last answer. */
export const eventually = async (what, ask, fits) => {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const answer = await ask()
    if (fits(answer)) {
      return answer
    }
    if (Date.now() > deadline) {
      throw new Error(`never true: ${what}; last answer: ${JSON.stringify(answer)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const topic = async (numPartitions = 1) => {
  const name = fresh('topic')
  await using(kafka.admin(), (admin) =>
    admin.createTopics({ topics: [{ topic: name, numPartitions, replicationFactor: 1 }], waitForLeaders: true }),
  )
  return name
}

/** Sends key-i / value-i to one partition. */
export const produce = (name, count, { partition = 0, compression = CompressionTypes.None, idempotent = false } = {}) =>
  using(producer({ idempotent }), (it) =>
    it.send({
      topic: name,
      compression,
      messages: Array.from({ length: count }, (_, i) => ({ partition, key: `key-${i}`, value: `value-${i}` })),
    }),
  )

export const producer = (options = {}) => kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...options })

export const consumer = (groupId) =>
  kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 500, rebalanceTimeout: 10_000, maxWaitTimeInMs: 100 })

/** Joins a group and collects what comes: `messages`, and `owned()`, the partitions of the newest assignment. */
export const join = async (groupId, name) => {
  const it = consumer(groupId)
  const messages = []
  let assignment = []
  it.on(it.events.GROUP_JOIN, ({ payload }) => (assignment = payload.memberAssignment[name] ?? []))
  it.on(it.events.REBALANCING, () => (assignment = []))
  await it.connect()
  await it.subscribe({ topics: [name], fromBeginning: true })
  await it.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 1,
    eachMessage: async ({ partition, message }) => void messages.push({ partition, ...message }),
  })
  return { consumer: it, messages, owned: () => assignment }
}

/** Reads exactly `count` records of a topic from its beginning. */
export const read = async (name, count) => {
  const reader = await join(fresh('reader'), name)
  try {
    await eventually(`${count} records`, async () => reader.messages.length, (length) => length >= count)
  } finally {
    await reader.consumer.disconnect()
  }
  if (reader.messages.length !== count) {
    throw new Error(`wanted ${count} records, got ${reader.messages.length}`)
  }
  return reader.messages
}
