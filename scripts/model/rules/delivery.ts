import { groupBy } from '../../lib/group.ts'
import type { Problem } from '../../lib/problems.ts'
import { clusterKey } from '../clusters.ts'
import { deliveryOf, scpForm } from '../delivery/delivery.ts'
import type { DeliverySpec } from '../delivery/spec.ts'
import type { Application } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { atEnvironment, quoted, type Rule, tiersIn } from './rule.ts'

/** What a GitOps engine is told: each of these texts goes into files that it reads, some as patterns. */
export const deliveriesAreReachable: Rule = ({ environments }) =>
  Object.entries(environments).flatMap(([environment, { delivery }]) => {
    if (!delivery || delivery.engine === 'helmfile') return []
    const where = `${atEnvironment(environment)} delivery`
    return [
      repository(delivery.repository),
      revision(delivery),
      path(delivery.path),
      ...(delivery.engine === 'argocd' ? [destination(delivery.destination)] : [secretName(delivery.credentials)]),
    ].flatMap((problem) => (problem ? [{ where, ...problem }] : []))
  })

/** Whoever may write in a tier could otherwise give orders to the engine. */
export const enginesAreOutsideTheTiers: Rule = (application) =>
  Object.keys(application.environments).flatMap((environment) => {
    const namespace = engineNamespace(application, environment)
    if (namespace === undefined) return []
    const where = `${atEnvironment(environment)} delivery`
    if (!isName(namespace)) return [{ where, ...invalidName('namespace', namespace) }]
    const tiers = tiersIn(application, environment, namespace)
    if (tiers.length === 0) return []
    return [
      {
        code: 'ENGINE_NAMESPACE_IS_TIER',
        where,
        message: `the namespace is "${namespace}", the namespace of tier ${quoted(tiers)}. Expected a namespace outside the tiers: whoever may write in it can make the engine apply anything.`,
        fix: 'Name the namespace in which the engine runs.',
      },
    ]
  })

/** One set is of one Argo CD, which would put both environments into one cluster. */
export const clustersOfASetAreApart: Rule = ({ environments }) => {
  const specs = Object.values(environments)
  const ofSets = Object.entries(environments).flatMap(([environment, spec]) => {
    const delivery = deliveryOf(spec)
    return delivery?.engine === 'argocd' && delivery.applicationSet
      ? [{ environment, ...delivery, cluster: clusterKey(spec, specs) }]
      : []
  })
  return [...groupBy(ofSets, ({ namespace, destination }) => `${namespace} ${destination}`).values()].flatMap(
    (members) => {
      const [first] = members
      const other = members.find(({ cluster }) => cluster !== first?.cluster)
      if (!first || !other) return []
      return [
        {
          code: 'DESTINATION_SHARED',
          where: `${atEnvironment(other.environment)} delivery`,
          message: `the destination is "${other.destination}", as of environment "${first.environment}" in the same ApplicationSet, but their kube contexts are of two clusters. Expected a destination for each cluster.`,
          fix: 'Set the destination to the name of its cluster in Argo CD; where each cluster has an Argo CD of its own, leave applicationSet out.',
        },
      ]
    },
  )
}

// --- internal ---

type PlacelessProblem = Omit<Problem, 'where'>

const repositoryForms = 'https://host/path, ssh://user@host/path or user@host:path'

/** Argo CD reads `*`, `?`, `[` and `{` in it as a pattern, and `!` in front as a refusal: none is in a URL of these forms. */
const urlForm = /^(?:https:\/\/|ssh:\/\/[\w.-]+@)[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\w.~%+@-]+)+\/?$/

function repository(url: string): PlacelessProblem | undefined {
  if (/^[a-z][a-z+.-]*:\/\/[^/]*:[^/]*@/i.test(url) || /^https?:\/\/[^/]*@/i.test(url)) {
    return {
      code: 'REPOSITORY_HAS_CREDENTIALS',
      message: 'the repository is a URL with a user or a password in it. Expected a URL without them.',
      fix: 'Take them out, give them to the engine as its documentation tells, and replace the password if this file was committed.',
    }
  }
  if (urlForm.test(url) || scpForm.test(url)) return undefined
  const insecure = /^(?:http|git):\/\//i.test(url)
  return {
    code: 'REPOSITORY_INVALID',
    message: `the repository is "${url}"${insecure ? ', which is read unencrypted: anybody on the network path could change it' : ''}. Expected ${repositoryForms}.`,
    fix: 'Copy the URL with which the repository is cloned by HTTPS or SSH.',
  }
}

/** What git takes as the name of a branch or tag. Source: git-check-ref-format. */
function isRevision(name: string): boolean {
  return /^[\w./@+-]+$/.test(name) && !/^[-/]|\.\.|\/\/|@\{|\.lock(?:\/|$)|(?:^|\/)\.|[./]$/.test(name) && name !== '@'
}

function revision({ engine, revision }: Extract<DeliverySpec, { revision?: string }>): PlacelessProblem | undefined {
  if (revision === undefined) return undefined
  if (isRevision(revision) && !(revision === 'HEAD' && engine === 'flux')) return undefined
  return {
    code: 'REVISION_INVALID',
    message: `the revision is "${revision}". Expected the name of a branch, refs/tags/<tag>, or a commit.`,
    fix: 'Name the branch that is delivered, such as main.',
  }
}

/** Argo CD would put a variable of its own in place of `$…`, and read `*` as a pattern. */
function path(path: string | undefined): PlacelessProblem | undefined {
  if (path === undefined) return undefined
  if (path.split('/').every((segment) => /^(?!\.+$)[\p{L}\p{N}._@+-]+(?: [\p{L}\p{N}._@+-]+)*$/u.test(segment)))
    return undefined
  return {
    code: 'DELIVERY_PATH_INVALID',
    message: `the path is "${path}". Expected the folder within the repository, as apps/shop: letters, digits, spaces and . _ @ + - in each name, without a slash at either end.`,
    fix: 'Name the folder that holds charts/ and values/, or leave path out when that is the root of the repository.',
  }
}

function destination(destination: string | undefined): PlacelessProblem | undefined {
  if (destination === undefined) return undefined
  const isUrl = /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\w.~%-]+)*$|^https:\/\/\[[\da-f:]+\](?::\d{1,5})?$/
  const isNameForm = /^[\w][\w.:/@-]*$/
  if (isUrl.test(destination) || (isNameForm.test(destination) && !destination.includes('://'))) return undefined
  return {
    code: 'DESTINATION_INVALID',
    message: `the destination is "${destination}". Expected the name of a cluster in Argo CD, or the URL of its API server, as https://10.0.0.1:6443.`,
    fix: 'Copy the name or the server that `argocd cluster list` shows.',
  }
}

function secretName(name: string | undefined): PlacelessProblem | undefined {
  return name === undefined || isName(name) ? undefined : invalidName('Secret', name)
}

function engineNamespace({ environments }: Application, environment: string): string | undefined {
  const delivery = deliveryOf(environments[environment] ?? {})
  return delivery && 'namespace' in delivery ? delivery.namespace : undefined
}

function isName(name: string): boolean {
  return kubernetesName.test(name) && name.length <= nameLimit
}

function invalidName(what: string, name: string): PlacelessProblem {
  return {
    code: 'KUBERNETES_NAME_INVALID',
    message: `the ${what} is "${name}". Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
    fix: `Correct the name of the ${what}.`,
  }
}
