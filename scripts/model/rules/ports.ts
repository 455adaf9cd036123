import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { isToTier, sourceOf, sourceText } from '../network/links.ts'
import { isChosen, type NamedPort, portsOf, portText } from '../network/ports.ts'
import type { PortChoice } from '../network/spec.ts'
import type { Application } from '../types.ts'
import { egressEntries, workloadEntries } from './network-entries.ts'
import { atEnvironment, type Rule } from './rule.ts'

/** Highest number of a port. Source: RFC 793. */
const portLimit = 65535

export const portsAreNumbered: Rule = (application) =>
  numbers(application).flatMap(({ where, ports }) =>
    ports
      .filter((port) => port > portLimit)
      .map((port) => ({
        code: 'PORT_INVALID',
        where,
        message: `the port is ${port}. Expected 1 to ${portLimit}.`,
        fix: 'Correct the ports.',
      })),
  )

/** A list of ports that is there has some, each once: none at all would mean every port to Kubernetes. */
export const portListsAreComplete: Rule = ({ catalogue }) => {
  const lists = [
    ...egressEntries(catalogue).map(({ where, spec: { ports } }) => ({
      where,
      what: 'ports',
      ports: ports?.map(String),
    })),
    ...workloadEntries(catalogue).flatMap(({ where, spec }) => [
      { where, what: 'ports', ports: spec.ports === undefined ? undefined : portsOf(spec).map(portText) },
      ...(spec.reachableFrom ?? []).map((entry) => {
        const { source, ports } = sourceOf(entry)
        return { where, what: `ports of "${sourceText(source)}" in reachableFrom`, ports: ports?.map(String) }
      }),
    ]),
  ]
  return lists.flatMap(({ where, what, ports }): Problem[] => {
    const isTwice = ports !== undefined && new Set(ports).size < ports.length
    if (ports === undefined || (ports.length > 0 && !isTwice)) return []
    const fact = isTwice ? `a port is listed twice${what === 'ports' ? '' : ` in ${what}`}` : `${what} is empty`
    const message = `${fact}. Expected the ports it is for, each once.`
    return [{ code: 'PORTS_INVALID', where, message, fix: 'Correct the ports.' }]
  })
}

/** A workload without any port is reported as such. */
export const chosenPortsExist: Rule = ({ catalogue }) =>
  workloadEntries(catalogue).flatMap(({ where, spec }) => {
    const own = portsOf(spec)
    if (own.length === 0) return []
    return (spec.reachableFrom ?? []).flatMap((entry) => {
      const { source, ports = [] } = sourceOf(entry)
      return unknownPorts(own, ports).map((choice) => ({
        code: 'PORT_UNKNOWN',
        where,
        message: `"${sourceText(source)}" in reachableFrom is to reach the port ${JSON.stringify(choice)}, which the workload does not have.${hint(own, choice)} Expected ${portList(own)}.`,
        fix: missingPortFix(choice),
      }))
    })
  })

/** Choices that mean no port. */
export function unknownPorts(own: readonly NamedPort[], choices: readonly PortChoice[]): PortChoice[] {
  return [...new Set(choices)].filter((choice) => !own.some((port) => isChosen(port, choice)))
}

/** `3000 or "metrics" (UDP 9090)` */
export function portList(ports: readonly NamedPort[]): string {
  const texts = ports.map(({ name, ...port }) =>
    name === undefined ? String(port.port) : `"${name}" (${portText(port)})`,
  )
  const last = texts.pop() ?? ''
  return texts.length > 0 ? `${texts.join(', ')} or ${last}` : last
}

export function missingPortFix(choice: PortChoice): string {
  const written = typeof choice === 'number' ? `<name>: ${choice}` : `'${choice}': <number>`
  return `Correct the port, or add it to the workload, as \`ports: { ${written} }\`.`
}

/** The name that was probably meant. */
export function hint(ports: readonly NamedPort[], choice: PortChoice): string {
  const names = ports.flatMap(({ name }) => (name === undefined ? [] : [name]))
  return typeof choice === 'string' ? didYouMean(choice, names) : ''
}

// --- internal ---

/** Every number of a port that somebody wrote. */
function numbers({ catalogue, environments }: Application) {
  return [
    ...workloadEntries(catalogue).map(({ where, spec }) => ({ where, ports: portsOf(spec).map(({ port }) => port) })),
    ...egressEntries(catalogue).map(({ where, spec }) => ({ where, ports: isToTier(spec) ? [] : spec.ports })),
    ...Object.entries(environments).map(([environment, { dns = [] }]) => ({
      where: `${atEnvironment(environment)} dns`,
      ports: [dns].flat().flatMap(({ port }) => port ?? []),
    })),
  ]
}
