import { type GateAnswer, type Gatekeeper, type GateRequest, startGate } from './gate.ts'

export const sides = ['scaleway', 'cluster'] as const
export type Side = (typeof sides)[number]

/** What happens to one request of a run. */
export interface Disturbance {
  /** `any`: those to both are counted together. */
  readonly side: Side | 'any'
  /** Counted from 1. `each`: it happens to all of them, once */
  readonly at: number | 'each'
  /** Reads are not counted. Default: false */
  readonly writesOnly?: boolean
  /** Others are not counted. Default: all are */
  readonly only?: (request: GateRequest) => boolean
  /** Also to the same request when it is tried again. Default: only once */
  readonly lasting?: boolean
  /** After it no request gets through, on either side: as from a process that is dead. Default: the others do */
  readonly last?: boolean
  act(forward: () => Promise<GateAnswer>, side: Side, request: GateRequest): ReturnType<Gatekeeper>
}

/** A request, and whom it was for. */
export type Hit = GateRequest & { readonly side: Side }

/** Two gates, one before Scaleway and one before the API server. */
export interface DisturbedGates extends AsyncDisposable {
  readonly scalewayUrl: string
  readonly clusterUrl: string
  /** Arms the gates for one run; the answer tells which request was disturbed, once it was. */
  disturb(disturbance: Disturbance): () => Hit | undefined
  /** Looks at everything before each request goes through, one after the other, until the gates are calmed. */
  watch(look: (side: Side) => Promise<void>): void
  calm(): void
  /** What was asked since the gates were armed, on both sides. */
  asked(): readonly Hit[]
  /** How many requests that write were answered since the gates were armed, on each side. */
  writes(): Readonly<Record<Side, number>>
}

export interface DisturbedGatesOptions {
  readonly scaleway: string
  readonly cluster: { readonly server: string; readonly ca: string; readonly token: string }
  /** Called with everything that either server answers. */
  readonly onAnswer?: (answer: GateAnswer) => void
  /** Requests that don't count, whatever happens. Default: none */
  readonly ignore?: (request: GateRequest) => boolean
}

export async function startDisturbedGates(options: DisturbedGatesOptions): Promise<DisturbedGates> {
  const { scaleway, cluster, onAnswer = () => undefined, ignore = () => false } = options
  let armed: Disturbance | undefined
  let counted = 0
  let hit: Hit | undefined
  let disturbed = new Set<string>()
  let isDead = false
  let look: ((side: Side) => Promise<void>) | undefined
  let looking = Promise.resolve()
  let writes = { scaleway: 0, cluster: 0 }
  let asked: Hit[] = []
  const keeper =
    (side: Side): Gatekeeper =>
    async (request, forward) => {
      const forwarded = async () => {
        const answer = await forward()
        if (request.method !== 'GET' && !ignore(request)) writes[side]++
        onAnswer(answer)
        return answer
      }
      if (isDead) return 'reset'
      if (look && !ignore(request)) {
        const own = look
        looking = looking.then(() => own(side))
        await looking
      }
      const current = armed
      if (!current || ignore(request)) return forwarded()
      asked.push({ ...request, side })
      if (current.side !== 'any' && current.side !== side) return forwarded()
      const isAgain = current.lasting === true && hit?.method === request.method && hit.url === request.url
      if (!isAgain) {
        if (current.writesOnly && request.method === 'GET') return forwarded()
        if (current.only && !current.only(request)) return forwarded()
        const text = JSON.stringify(request)
        const isDue = current.at === 'each' ? !disturbed.has(text) : ++counted === current.at
        if (!isDue) return forwarded()
        disturbed.add(text)
      }
      hit = { ...request, side }
      isDead = current.last === true
      return current.act(forwarded, side, request)
    }
  const first = await startGate({ url: scaleway }, keeper('scaleway'))
  const second = await startGate({ url: cluster.server, ca: cluster.ca, token: cluster.token }, keeper('cluster'))
  return {
    scalewayUrl: first.url,
    clusterUrl: second.url,
    disturb(disturbance) {
      armed = disturbance
      counted = 0
      hit = undefined
      disturbed = new Set()
      isDead = false
      writes = { scaleway: 0, cluster: 0 }
      asked = []
      return () => hit
    },
    watch(next) {
      look = next
      looking = Promise.resolve()
    },
    calm() {
      look = undefined
      armed = undefined
      isDead = false
    },
    asked: () => asked,
    writes: () => ({ ...writes }),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]()
      await second[Symbol.asyncDispose]()
    },
  }
}
