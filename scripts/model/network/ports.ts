import { compare } from '../../lib/problems.ts'
import type { PortChoice, PortSpec, WorkloadNetworkSpec } from './spec.ts'

export interface PortModel {
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
}

/** The ports of a workload; the one of `port` has no name. */
export interface NamedPort extends PortModel {
  readonly name: string | undefined
}

/** Every port of a workload, in the order in which they are written. */
export function portsOf({ port, ports = {} }: WorkloadNetworkSpec): readonly NamedPort[] {
  const named = Object.entries(ports).map(([name, spec]) => ({ name, ...portOf(spec) }))
  return port === undefined ? named : [{ name: undefined, ...portOf(port) }, ...named]
}

/** The ports that a source reaches, or an egress uses, in one order. */
export function chosenPorts(workload: WorkloadNetworkSpec, choices: readonly PortChoice[] | undefined): PortModel[] {
  const all = portsOf(workload)
  const chosen = choices
    ? all.filter((port) => choices.some((choice) => isChosen(port, choice)))
    : workload.port === undefined
      ? all
      : all.filter(({ name }) => name === undefined)
  return distinctPorts(chosen)
}

/** Whether a choice means the port. A number means it by every protocol. */
export function isChosen({ name, port }: NamedPort, choice: PortChoice): boolean {
  return choice === name || choice === port
}

/** In one order, each once. */
export function distinctPorts(ports: readonly PortModel[]): PortModel[] {
  const byText = new Map(ports.map(({ protocol, port }) => [portText({ protocol, port }), { protocol, port }]))
  return [...byText.values()].sort((a, b) => compare(a.protocol, b.protocol) || a.port - b.port)
}

/** The ports that are in both lists. */
export function commonPorts(some: readonly PortModel[], others: readonly PortModel[]): PortModel[] {
  const texts = new Set(others.map(portText))
  return distinctPorts(some.filter((port) => texts.has(portText(port))))
}

/** `TCP 3000` */
export function portText({ protocol, port }: PortModel): string {
  return `${protocol} ${port}`
}

// --- internal ---

function portOf(spec: PortSpec): PortModel {
  return typeof spec === 'number'
    ? { protocol: 'TCP', port: spec }
    : { protocol: spec.protocol ?? 'TCP', port: spec.port }
}
