// One group member, run until it is killed: `node member.js TOPIC GROUP`.
import { join } from './broker.js'

await join(process.argv[3], process.argv[2])
