import { operatorProblems } from '../../../cluster/operator-problems.ts'
import { operatorLabel } from '../../../cluster/operators.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { age } from '../../../lib/age.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { shortList } from '../../../lib/short-list.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import { isSeen, seenOr } from '../fact.ts'
import type { ClusterFacts } from '../observe/cluster.ts'
import type { OperatorFacts } from '../observe/operator.ts'
import { paste } from '../paste.ts'
import { lastSign, type Silence, silences } from '../silence.ts'

/**
 * Whether an operator processes the ExternalSecrets. The proof is that nothing happens where something should: the
 * operator may run where it can't be listed. Its Deployment shows why.
 */
export function operatorCauses(cluster: ClusterFacts, now: Date): Cause[] {
  const silent = silences(cluster, now)
  const operators = seenOr(cluster.operators, [])
  const stopped = operators.length > 0 && operators.every(({ available }) => available === 0)
  const sign = lastSign(cluster)
  const isSeenAtWork = sign !== undefined && now.getTime() - sign.getTime() < recentMs
  if (stopped && !(isSeenAtWork && silent.length === 0)) return [notRunning(cluster, operators, silent)]
  if (silent.length === 0) return []
  const isNone = isSeen(cluster.operators) && operators.length === 0
  return [isNone && !isSeenAtWork ? absent(cluster, silent) : ignoring(cluster, operators, silent, sign, now)]
}

/** Known faults of the operators that can be seen. Secrets arrive all the same. */
export function operatorVersionCauses(model: EnvironmentModel, { operators }: ClusterFacts): Cause[] {
  return operatorProblems(model, seenOr(operators, [])).map(({ severity, ...problem }) =>
    causeOf({ ...problem, evidence: [], isOptional: severity === 'warning' }),
  )
}

// --- internal ---

/** For this time after its last work an operator counts as running, whatever its Deployment says. */
const recentMs = 60_000

const where = 'External Secrets Operator'
const expected = 'Expected it to process every ExternalSecret.'

/** All ExternalSecrets that wait for the operator, even if only for a short time. */
function waiting({ tiers }: ClusterFacts, silent: readonly Silence[]) {
  const ofSilence = silent.flatMap(({ externalSecret }) => externalSecret ?? [])
  const pending = tiers.flatMap(({ externalSecrets }) =>
    seenOr(externalSecrets, []).filter(
      ({ object, sync, drift }) => object && drift.length === 0 && sync.state === 'pending',
    ),
  )
  return [...new Set([...ofSilence, ...pending])]
}

function notRunning(cluster: ClusterFacts, operators: readonly OperatorFacts[], silent: readonly Silence[]): Cause {
  const [first] = operators
  const place = `${kinds.deployment.kind}/${first?.namespace}/${first?.name}`
  const isScaledDown = operators.every(({ wanted }) => wanted === 0)
  const pods = kubectl`describe pods --namespace ${first?.namespace ?? ''} --selector ${operatorLabel}`
  return causeOf({
    code: 'OPERATOR_NOT_RUNNING',
    where: place,
    message: isScaledDown
      ? 'is scaled to 0. Expected one pod.'
      : `has no available pod of ${first?.wanted}. ${expected}`,
    evidence: [
      ...operators.map(({ namespace, name, available, wanted }) => {
        return `${kinds.deployment.kind}/${namespace}/${name}: ${available} of ${wanted} pods available`
      }),
      ...operators.flatMap(({ complaints }) => complaints),
      ...told(silent),
    ],
    fix: isScaledDown
      ? paste.look(kubectl`scale deployment ${first?.name ?? ''} --namespace ${first?.namespace ?? ''} --replicas 1`)
      : `${paste.look(pods)} shows why.`,
    ...about(cluster, silent),
  })
}

function absent(cluster: ClusterFacts, silent: readonly Silence[]): Cause {
  return causeOf({
    code: 'OPERATOR_ABSENT',
    where,
    message: `is not running: nothing processes ${shortList(silent.map(({ place }) => place))}. ${expected}`,
    evidence: [...told(silent), `no namespace has a Deployment of it, by the label ${operatorLabel} or by its image`],
    fix: `${paste.operatorValues()}, then install the operator with it: its first lines show the command.`,
    ...about(cluster, silent),
  })
}

function ignoring(
  cluster: ClusterFacts,
  operators: readonly OperatorFacts[],
  silent: readonly Silence[],
  sign: Date | undefined,
  now: Date,
): Cause {
  const [first] = operators
  const seen = sign ? `, and was last active ${age(now.getTime() - sign.getTime())} ago` : ''
  const deployment = first
    ? [
        `${kinds.deployment.kind}/${first.namespace}/${first.name}: ${first.available} of ${first.wanted} pods available`,
      ]
    : []
  const logs = first
    ? kubectl`logs --namespace ${first.namespace} deployment/${first.name} --tail 100`
    : kubectl`get pods --all-namespaces --selector ${operatorLabel}`
  return causeOf({
    code: 'OPERATOR_SILENT',
    where,
    message: `does not process ${shortList(silent.map(({ place }) => place))}${seen}. ${expected}`,
    evidence: [...told(silent), ...deployment],
    fix: `${paste.look(logs)} shows whether it runs, has the rights, and serves this namespace (\`--namespace\`, \`--controller-class\`).`,
    ...about(cluster, silent),
  })
}

function about(cluster: ClusterFacts, silent: readonly Silence[]) {
  return { explains: waiting(cluster, silent), isOptional: false }
}

function told(silent: readonly Silence[]): string[] {
  const shown = silent.length > 4 ? silent.slice(0, 3) : silent
  const rest = silent.length - shown.length
  return [...shown.map(({ evidence }) => evidence), ...(rest > 0 ? [`and ${rest} more`] : [])]
}
