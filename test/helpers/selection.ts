import type { GateRequest } from './gate.ts'

/** Which requests of a run something happens to, one in each of as many runs. Asked once for each request, in their order. */
export type Selection = () => (request: GateRequest) => boolean

/** Every one. */
export const everyRequest: Selection = () => () => true

/** Every one, but for what is read again while nothing is written: so often that it comes. */
export const everyRequestButPolls: Selection = () => {
  let isFirst = firstOf(({ url }) => url)
  return (request) => {
    if (!isWrite(request)) return isFirst(request)
    isFirst = firstOf(({ url }) => url)
    return true
  }
}

/** Every one that writes. Before a read everything is as it was after the write before it. */
export const everyWrite: Selection = () => isWrite

/** Every one that writes, and the first that reads. */
export const everyWriteAndOneRead: Selection = () => {
  const isFirst = firstOf(({ method }) => method)
  return (request) => isWrite(request) || isFirst(request)
}

/** Every one that writes, and the first that reads something of its kind. */
export const everyWriteAndKindOfRead: Selection = () => {
  const isFirst = firstOf(kindOf)
  return (request) => isWrite(request) || isFirst(request)
}

/** The first that writes something of its kind, and the first that reads. */
export const everyKindOfWriteAndOneRead: Selection = () =>
  firstOf((request) => (isWrite(request) ? kindOf(request) : request.method))

/** Those of a selection that write. */
export const writesOf =
  (selection: Selection): Selection =>
  () => {
    const isSelected = selection()
    return (request) => isWrite(request) && isSelected(request)
  }

/** Of which kind a request is: what it does, and to what kind of thing. */
export function kindOf({ method, url }: Pick<GateRequest, 'method' | 'url'>): string {
  const [path = ''] = url.split('?')
  const [, plural, name] = /^\/api(?:s\/[^/]+)?\/[^/]+(?:\/namespaces\/[^/]+)?\/([^/]+)(\/.+)?$/.exec(path) ?? []
  if (plural !== undefined) return `${method} ${plural}${name === undefined ? '' : '/*'}`
  return `${method} ${path.replaceAll(/(?<=\/)(?:[0-9a-f-]{36}|SCW[A-Z0-9]+|\d+|latest_enabled)(?=\/|$)/g, '*')}`
}

// --- internal ---

const isWrite = ({ method }: Pick<GateRequest, 'method'>) => method !== 'GET'

/** Whether a request is the first one with its key. */
function firstOf(keyOf: (request: GateRequest) => string): (request: GateRequest) => boolean {
  const seen = new Set<string>()
  return (request) => {
    const isNew = !seen.has(keyOf(request))
    seen.add(keyOf(request))
    return isNew
  }
}
