{{/*
Which requests the policy judges. Evaluated for every write of a Secret in the cluster: a missing annotation is not
an error, because an error would refuse all of them.
Arguments: none.
*/}}
{{- define "tiered-secrets.operatorConditions" -}}
- name: these-rules-apply
  expression: >-
    params.metadata.?annotations[?'rules'].orValue('') == '{{ include "tiered-secrets.admissionRules" . }}'
- name: the-operator
  expression: request.userInfo.username in params.metadata.?annotations[?'operators'].orValue('').split(',')
{{- end -}}

{{/*
What the operator may write: in a tier its targets, elsewhere ordinary Secrets. RBAC lets it write every Secret, because RBAC
can't distinguish targets from others. Some types give rights of their own: a token of a ServiceAccount, a token that joins
a node, a release that Helm believes. It may change an ExternalSecret, which the rules on these judge for every user.
Arguments: none.
*/}}
{{- define "tiered-secrets.operatorRules" -}}
{{- include "tiered-secrets.admissionRule" (dict "code" "OPERATOR_TARGET"
  "rule" "request.namespace != variables.boundary.namespace || variables.found in variables.boundary[?'targetTypes'].orValue('').split(',')"
  "found" `'the operator writes or deletes Secret "' + variables.secret.metadata.name + '" of type ' + variables.secret.type`
  "expected" `'one of: ' + variables.boundary[?'targetTypes'].orValue('').replace(',', ', ')`
  "fix" "delete a Secret of that name that has another type; otherwise find out what ran in the name of the operator") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "OPERATOR_SECRET_TYPE"
  "rule" `request.operation == 'DELETE' || !(variables.secret.type in ['kubernetes.io/service-account-token',
    'bootstrap.kubernetes.io/token', 'helm.sh/release.v1'])`
  "found" `'the operator writes Secret "' + variables.secret.metadata.name + '" of type ' + variables.secret.type`
  "expected" "'a type that gives no rights'"
  "fix" "remove the type from the template of the ExternalSecret") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "OPERATOR_BOUNDARY"
  "rule" `request.namespace != params.metadata.namespace || !variables.secret.metadata.name.startsWith('boundary-')`
  "found" `'the operator writes or deletes Secret "' + variables.secret.metadata.name + '", by which the tiers are judged'`
  "expected" "'the chart alone to write it'"
  "fix" "find out what ran in the name of the operator") }}
{{- end -}}
