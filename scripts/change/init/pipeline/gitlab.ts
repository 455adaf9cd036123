import { yamlScalar } from '../../../lib/yaml.ts'
import { commandsOf } from './commands.ts'
import {
  byDelivery,
  headComment,
  isAlone,
  type PipelineEnvironment,
  type PipelineSpec,
  planEnvironment,
} from './pipeline.ts'

/**
 * The pipeline for GitLab. It declares no stages, so that it can be included in a pipeline that is there: its jobs are in
 * `test` and `deploy`, which every pipeline has unless it says otherwise.
 *
 * Source: gitlabhq/gitlabhq, doc/ci/yaml/_index.md, variables/_index.md and pipelines/merge_request_pipelines.md.
 */
export function gitlabPipeline(spec: PipelineSpec): string {
  const { environments, manifests } = spec
  const { deployed, applied } = byDelivery(spec)
  return [
    head(spec),
    checkJob(spec),
    ...(manifests.length > 0 ? [auditJob(spec)] : []),
    planTemplate(spec),
    ...environments.map((environment) => planJob(spec, environment)),
    ...(deployed.length > 0 ? [deployTemplate(spec)] : []),
    ...deployed.map((environment, index) => deployJob(spec, environment, deployed[index - 1])),
    ...(applied.length > 0 ? [waitTemplate(spec)] : []),
    ...applied.map((environment) => waitJob(spec, environment)),
  ].join('\n')
}

/** Stages that its jobs are in. */
export const gitlabStages = ['test', 'deploy'] as const

// --- internal ---

/** What the names of its jobs begin with: several applications of one repository may be included in one pipeline. */
function prefix(spec: PipelineSpec): string {
  return isAlone(spec) ? 'secrets' : `${spec.application}-secrets`
}

function inFolder({ folder }: PipelineSpec, path: string): string {
  return yamlScalar(folder === '' ? path : `${folder}/${path}`)
}

function head(spec: PipelineSpec): string {
  const { folder } = spec
  const enter = folder === '' ? '' : `    - cd ${inFolder(spec, '').replace(/\/$/, '')}\n`
  return `${headComment(spec, 'gitlab')}

.${prefix(spec)}:
  # Helm and kubeconform are built from sources that the package pins, once for each version of it.
  image: golang:1.26-alpine
  cache:
    key:
      files: [${inFolder(spec, 'package-lock.json')}]
      prefix: tiered-secrets
    paths: [.tiered-secrets-tools]
    when: always
  before_script:
    - apk add --no-cache nodejs npm${spec.manifests.length > 0 ? ' kustomize' : ''}
    # Tools that others could write to are not used, and the folder of the project may be open to all.
    - mkdir -p ~/.cache
    - if [ -d .tiered-secrets-tools ]; then cp -R .tiered-secrets-tools ~/.cache/tiered-secrets && chmod -R go-w ~/.cache; fi
${enter}    - npm ci --ignore-scripts
  after_script:
    - if [ -d ~/.cache/tiered-secrets ]; then rm -rf .tiered-secrets-tools && cp -R ~/.cache/tiered-secrets .tiered-secrets-tools; fi
`
}

const onMergeRequest = '$CI_PIPELINE_SOURCE == "merge_request_event"'
const onDefaultBranch = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'

function checkJob(spec: PipelineSpec): string {
  return `${prefix(spec)}:check:
  extends: .${prefix(spec)}
  stage: test
  rules:
    - if: ${onMergeRequest}
    - if: ${onDefaultBranch}
  script:
    - ${yamlScalar(commandsOf(spec).check)}
`
}

function auditJob(spec: PipelineSpec): string {
  const names = spec.environments.map(({ name }) => yamlScalar(name))
  return `${prefix(spec)}:audit:
  extends: .${prefix(spec)}
  stage: test
  rules:
    - if: ${onMergeRequest}
    - if: ${onDefaultBranch}
  parallel:
    matrix:
      - SECRETS_ENVIRONMENT: [${names.join(', ')}]
  script:
    - ${yamlScalar(`${commandsOf(spec).audit('gitlab')} > codequality.json`)}
  artifacts:
    when: always
    reports:
      codequality: ${inFolder(spec, 'codequality.json')}
`
}

/** The copy is private, and gone with the shell. */
const privateKubeconfig = `    - |
      if [ ! -f "\${KUBECONFIG:-}" ]; then
        echo "The environment $CI_ENVIRONMENT_NAME has no variable KUBECONFIG of the type File."
        exit 1
      fi
    - private=$(mktemp) && trap 'rm -f "$private"' EXIT
    - cat "$KUBECONFIG" > "$private" && export KUBECONFIG="$private"`

function planTemplate(spec: PipelineSpec): string {
  return `# Its account only looks. Never for a fork: scripts/catalogue.ts is a program, and this job has credentials.
.${prefix(spec)}-plan:
  extends: .${prefix(spec)}
  stage: test
  needs: ["${prefix(spec)}:check"]
  rules:
    - if: ${onMergeRequest} && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID
    - if: ${onDefaultBranch}
  script:
    - |
      if [ -z "\${KUBECONFIG:-}" ]; then
        echo "No plan of $SECRETS_ENVIRONMENT: the environment $CI_ENVIRONMENT_NAME has no variable KUBECONFIG."
        exit 0
      fi
${privateKubeconfig}
    - ${yamlScalar(`${commandsOf(spec).plan} > plan.md || code=$?`)}
    - cat plan.md
    # Problems that it found fail the job, and the plan is shown all the same.
    - exit "\${code:-0}"
  artifacts:
    when: always
    access: developer
    expose_as: plan
    paths: [${inFolder(spec, 'plan.md')}]
    expire_in: 1 week
`
}

function planJob(spec: PipelineSpec, { name }: PipelineEnvironment): string {
  return `${prefix(spec)}:plan:${name}:
  extends: .${prefix(spec)}-plan
  environment:
    name: ${planEnvironment(name)}
    action: access
  variables:
    SECRETS_ENVIRONMENT: ${yamlScalar(name)}
`
}

function deployTemplate(spec: PipelineSpec): string {
  return `# Started by hand, one environment after the other, in this order.
.${prefix(spec)}-deploy:
  extends: .${prefix(spec)}
  stage: deploy
  rules:
    - if: ${onDefaultBranch} && $CI_COMMIT_REF_PROTECTED == "true"
      when: manual
  script:
${privateKubeconfig}
    - ${yamlScalar(commandsOf(spec).deploy)}
    # The gate once more by itself, for commands of yours in between.
    - ${yamlScalar(commandsOf(spec).wait('10m'))}
`
}

function deployJob(spec: PipelineSpec, { name }: PipelineEnvironment, before: PipelineEnvironment | undefined): string {
  const own = prefix(spec)
  const needs = [`${own}:check`, `${own}:plan:${name}`, ...(before ? [`${own}:deploy:${before.name}`] : [])]
  return `${own}:deploy:${name}:
  extends: .${own}-deploy
  needs: [${needs.map((job) => `"${job}"`).join(', ')}]
  environment:
    name: ${yamlScalar(name)}
  resource_group: ${spec.application}-secrets-${name}
  variables:
    SECRETS_ENVIRONMENT: ${yamlScalar(name)}
`
}

function waitTemplate(spec: PipelineSpec): string {
  return `# Something else applies the chart to these: this only tells whether the secrets have arrived.
.${prefix(spec)}-wait:
  extends: .${prefix(spec)}
  stage: deploy
  rules:
    - if: ${onDefaultBranch}
  script:
${privateKubeconfig}
    - ${yamlScalar(commandsOf(spec).wait('30m'))}
`
}

function waitJob(spec: PipelineSpec, { name }: PipelineEnvironment): string {
  const own = prefix(spec)
  return `${own}:wait:${name}:
  extends: .${own}-wait
  needs: ["${own}:check", "${own}:plan:${name}"]
  environment:
    name: ${planEnvironment(name)}
    action: verify
  variables:
    SECRETS_ENVIRONMENT: ${yamlScalar(name)}
`
}
