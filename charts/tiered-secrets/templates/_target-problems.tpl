{{/*
Targets of a tier that take names or keys from each other, or that Kubernetes would refuse, one line each.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.targetProblems" -}}
{{- $needed := dict
  "kubernetes.io/tls" (list "tls.crt" "tls.key")
  "kubernetes.io/dockerconfigjson" (list ".dockerconfigjson")
  "kubernetes.io/basic-auth" (list "username" "password")
  "kubernetes.io/ssh-auth" (list "ssh-privatekey") -}}
{{- range $tier, $spec := .Values.tiers -}}
  {{- $names := dict $spec.credentialsSecret "credentialsSecret" -}}
  {{- range $one := fromJsonArray (include "tiered-secrets.externalSecrets" $spec) -}}
    {{- $at := printf "tiers.%s.%s" $tier $one.at -}}
    {{- with get $names $one.target -}}
      {{- printf "%s.target: %q is also the name of tiers.%s.%s. Expected a name for each Secret of a tier.\n" $at $one.target $tier . -}}
    {{- end -}}
    {{- $_ := set $names $one.target $one.at -}}
    {{- $filled := values (fromJson (include "tiered-secrets.sources" $one)) -}}
    {{- if and $one.keys (ne (len $filled) (len (uniq $filled))) -}}
      {{- printf "%s.keys: two variables have one key. Expected each key once in a target.\n" $at -}}
    {{- end -}}
    {{- $variables := concat (keys ($one.data | default dict)) (keys ($one.fields | default dict)) -}}
    {{- range $one.bundles }}{{ $variables = concat $variables .keys }}{{ end -}}
    {{- range $variable, $_ := $one.keys -}}
      {{- if not (has $variable $variables) -}}
        {{- printf "%s.keys.%s: nothing fills this variable. Expected a variable of this target.\n" $at $variable -}}
      {{- end -}}
    {{- end -}}
    {{- $missing := list -}}
    {{- range get $needed ($one.type | default "") | default list }}{{ if not (has . $filled) }}{{ $missing = append $missing . }}{{ end }}{{ end -}}
    {{- if and $missing (not (and (eq $one.type "kubernetes.io/basic-auth") (eq (len $missing) 1))) -}}
      {{- printf "%s: is of type %s, and has no key %s. Expected what Kubernetes demands of this type.\n" $at $one.type (join " or " $missing) -}}
    {{- end -}}
  {{- end -}}
  {{- range $name, $target := $spec.targets -}}
    {{- if and $target.optional (has ($target.type | default "") (list "kubernetes.io/tls" "kubernetes.io/dockerconfigjson")) -}}
      {{- printf "tiers.%s.targets.%s.optional: is in a target of type %s. Expected required secrets alone: it is whole or not there.\n" $tier $name $target.type -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
