import { yamlScalar } from '../../../lib/yaml.ts'
import { commandsOf } from './commands.ts'
import { actions, expression, names, onBranch, prepared, writeKubeconfig } from './github-parts.ts'
import { type PipelineSpec, planEnvironment } from './pipeline.ts'

/** Plans every environment, for the code of the team alone. */
export function planJob(spec: PipelineSpec): string {
  const { environments, branch } = spec
  return `  plan:
    needs: check
    # Never for a fork: scripts/catalogue.ts is a program, and this job has credentials.
    if: ${onBranch(branch)} || github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
    strategy:
      fail-fast: false
      matrix:
        environment: ${names(environments)}
    environment:
      name: ${expression('matrix.environment')}${planEnvironment('')}
      deployment: false
    env:
      SECRETS_ENVIRONMENT: ${expression('matrix.environment')}
    steps:
${prepared}
      - name: Kubeconfig
        run: |
          if [ -z "$KUBECONFIG_TEXT" ]; then
            echo "::notice::No plan of $SECRETS_ENVIRONMENT: the environment $SECRETS_ENVIRONMENT-plan has no secret KUBECONFIG."
            exit 0
          fi
${writeKubeconfig}
      - name: Plan
        if: env.KUBECONFIG != ''
        run: ${yamlScalar(`${commandsOf(spec).plan} > "$RUNNER_TEMP/plan.md"`)}
        env: &account
          SCW_SECRET_KEY: ${expression('secrets.SCW_SECRET_KEY')}
          SCW_DEFAULT_ORGANIZATION_ID: ${expression('vars.SCW_DEFAULT_ORGANIZATION_ID')}
      # Also of a plan that found problems, which has failed the job.
      - name: Show the plan
        if: ${expression("!cancelled() && env.KUBECONFIG != ''")}
        run: |
          if [ ! -s "$RUNNER_TEMP/plan.md" ]; then
            echo "There is no plan of $SECRETS_ENVIRONMENT: the log of its job tells why." > "$RUNNER_TEMP/plan.md"
          fi
          cat "$RUNNER_TEMP/plan.md" >> "$GITHUB_STEP_SUMMARY"
      - uses: ${actions.upload}
        if: ${expression("!cancelled() && env.KUBECONFIG != ''")}
        with:
          name: plan-${expression('matrix.environment')}
          path: ${expression('runner.temp')}/plan.md
          retention-days: 7
      - &forget
        if: always()
        run: rm -f "$RUNNER_TEMP/kubeconfig"
`
}

/** Without any code of the repository: what may write comments runs nothing that a pull request could change. */
export function commentJob({ application }: PipelineSpec): string {
  return `  # Runs nothing of the repository, because it may write comments.
  comment:
    needs: plan
    if: ${expression("!cancelled() && github.event_name == 'pull_request' && needs.plan.result != 'skipped'")}
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      pull-requests: write
    steps:
      - uses: ${actions.download}
        with:
          pattern: plan-*
          path: ${expression('runner.temp')}/plans
      - name: Write the plans into one comment
        working-directory: ${expression('runner.temp')}
        run: |
          shopt -s nullglob
          plans=(plans/*/plan.md)
          if [ \${#plans[@]} -eq 0 ]; then exit 0; fi
          # A comment holds 65,536 characters.
          text=$(cat "\${plans[@]}")
          printf '%s\\n%s\\n' "$MARK" "\${text:0:60000}" > comment.md
          comments=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" --jq \\
            '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARK))) | .id')
          if [ -n "$comments" ]; then
            gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/\${comments%%$'\\n'*}" --field body=@comment.md
          else
            gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" --field body=@comment.md
          fi
        env:
          GH_TOKEN: ${expression('github.token')}
          NUMBER: ${expression('github.event.pull_request.number')}
          MARK: <!-- tiered-secrets plan of ${application} -->
`
}
