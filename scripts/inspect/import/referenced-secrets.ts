import { groupBy } from '../../lib/group.ts'
import type { FoundExternalSecret, FoundSecret, FoundUse, FoundWorkload, Leftover, SecretName } from './facts.ts'

/** What makes Secrets in the input, and who reads some. */
interface Sources {
  readonly externalSecrets: readonly FoundExternalSecret[]
  readonly secrets: readonly FoundSecret[]
  readonly workloads: readonly FoundWorkload[]
  readonly names: readonly SecretName[]
}

/**
 * Secrets that workloads read and nothing of the input makes: somebody wrote them into the cluster. Their keys are those that
 * pods name; where pods take all keys, those of the examples, if there is one such Secret only. What images are pulled with
 * has the key that Kubernetes wants.
 *
 * @param examples names of secrets in examples of a `.env`
 */
export function referencedSecrets(
  { externalSecrets, secrets, workloads, names }: Sources,
  examples: readonly string[],
): { readonly secrets: readonly FoundSecret[]; readonly leftovers: readonly Leftover[] } {
  const made = new Set([
    ...externalSecrets.map(({ namespace, target }) => `${namespace}/${target}`),
    ...secrets.map(({ namespace, name }) => `${namespace}/${name}`),
  ])
  const uses = workloads.flatMap((workload) => workload.uses.map((use) => ({ workload, use })))
  const unmade = groupBy(
    uses.filter(({ workload, use }) => !made.has(placeOf(workload, use))),
    ({ workload, use }) => placeOf(workload, use),
  )
  const whole = [...unmade.values()].filter((same) => same.some(({ use }) => use.keys === undefined))
  const found = [...unmade.values()].map((same): FoundSecret => {
    const [first] = same as [(typeof same)[number]]
    const named = same.flatMap(({ use }) => use.keys ?? [])
    const guessed = whole.length === 1 && whole[0] === same ? examples : []
    return {
      namespace: first.workload.namespace,
      name: first.use.secret,
      type: undefined,
      keys: [...new Set([...named, ...guessed])],
      isManaged: false,
      where: first.workload.where,
    }
  })
  const pulled = groupBy(
    names.filter(({ namespace, secret, isForImages }) => isForImages && !made.has(`${namespace}/${secret}`)),
    ({ namespace, secret }) => `${namespace}/${secret}`,
  )
  return {
    secrets: [...found, ...[...pulled.values()].map(([first]) => pullSecret(first as SecretName))],
    leftovers: whole
      .filter(() => whole.length > 1 || examples.length === 0)
      .map((same) => unknownKeys(same as [(typeof same)[number]])),
  }
}

// --- internal ---

function pullSecret({ namespace, secret, where }: SecretName): FoundSecret {
  const type = 'kubernetes.io/dockerconfigjson'
  return { namespace, name: secret, type, keys: ['.dockerconfigjson'], isManaged: false, where }
}

function placeOf({ namespace }: FoundWorkload, { secret }: FoundUse): string {
  return `${namespace}/${secret}`
}

function unknownKeys([{ workload, use }]: readonly [{ workload: FoundWorkload; use: FoundUse }]): Leftover {
  return {
    code: 'KEYS_UNKNOWN',
    where: workload.where,
    what: `Secret ${use.secret}, of which ${workload.name} reads every key`,
    why: 'nothing of the input makes it or names its keys',
    todo: 'Name an example of a `.env` that has them, or read a cluster that has the Secret; without any it may be left out.',
  }
}
