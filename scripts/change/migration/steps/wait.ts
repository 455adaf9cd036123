import { passGate } from '../../../cluster/release-gate.ts'
import { count } from '../../../lib/count.ts'
import { isError } from '../../../lib/problems.ts'
import { done, refuse, type Step, todo } from '../step.ts'

/** Every required secret is in its target. */
export const waitStep: Step = {
  name: 'wait',
  title: 'wait for the operator',
  async look({ model }, facts) {
    const required = model.tiers.flatMap((tier) =>
      tier.externalSecrets
        .filter((externalSecret) => !externalSecret.optional)
        .map(({ name }) => `${tier.namespace}/${name}`),
    )
    const waiting = (await facts.reports()).filter(
      ({ ref, state }) => state !== 'synced' && required.includes(`${ref.namespace}/${ref.name}`),
    )
    if (waiting.length === 0) return done(`${count(required.length, 'ExternalSecret')} synced`)
    return todo(`${count(waiting.length, 'ExternalSecret')} of ${required.length} not synced yet`)
  },
  async act({ client, model, choices, signal, log, isTerminal }) {
    const { problems } = await passGate(client, model, choices.timeout, { signal, log, isTerminal })
    refuse(problems.filter(isError))
  },
}
