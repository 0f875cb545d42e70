// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strings"
	"time"
)

// ends are the days on which AWS stops to mend a runtime of functions, of its
// developer guide; runtimes that are not named here are not known.
var ends = map[string]string{
	"python3.14": "2029-06-30", "python3.13": "2029-06-30", "python3.12": "2028-10-31", "python3.11": "2027-06-30", "python3.10": "2026-10-31",
	"python3.9": "2025-12-15", "python3.8": "2024-10-14", "python3.7": "2023-12-04", "python3.6": "2022-07-18", "python2.7": "2021-07-15",
	"nodejs24.x": "2028-04-30", "nodejs22.x": "2027-04-30", "nodejs20.x": "2026-04-30", "nodejs18.x": "2025-09-01", "nodejs16.x": "2024-06-12",
	"nodejs14.x": "2023-12-04", "nodejs12.x": "2023-03-31", "nodejs10.x": "2021-07-30",
	"java25": "2029-06-30", "java21": "2029-06-30", "java17": "2027-06-30", "java11": "2027-06-30", "java8.al2": "2027-06-30", "java8": "2024-01-08",
	"dotnet10": "2028-11-14", "dotnet8": "2026-11-10", "dotnet7": "2024-05-14", "dotnet6": "2024-12-20", "dotnetcore3.1": "2023-04-03",
	"ruby3.4": "2028-03-31", "ruby3.3": "2027-03-31", "ruby3.2": "2026-03-31", "ruby2.7": "2023-12-07",
	"provided.al2023": "2029-06-30", "provided.al2": "2026-07-31", "provided": "2024-01-08", "go1.x": "2024-01-08",
}

func function(b *builder) {
	b.base(false)
	runtime := b.text("runtime", known(""))
	b.put("runtime", runtime)
	b.put("runtime_supported", b.supported(runtime))
	b.put("plain_secret", b.plainSecret())
	b.put("public", b.invokable())
	b.link("assumes", "role", "aws_iam_role")
}

func (b *builder) supported(runtime fact) fact {
	name, ok := runtime.value.(string)
	if !runtime.known() || !ok {
		return runtime
	}
	if name == "" {
		return notInSource("the runtime is in the function's image")
	}
	end, err := time.Parse(time.DateOnly, ends[name])
	if err != nil {
		return notInSource("when support of the runtime " + name + " ends")
	}
	return known(b.options.Now.Before(end))
}

// plainSecret looks into the environment, also at values that Terraform hides:
// only yes or no leaves here.
func (b *builder) plainSecret() fact {
	const path = "environment.0.variables"
	if b.unknownAt(path) {
		return afterApply(path)
	}
	variables, _ := b.at(path).(map[string]any)
	out := known(false)
	for name, v := range variables {
		if text, ok := v.(string); ok && holdsSecret(name, text) {
			return known(true)
		}
		if secretName.MatchString(name) && b.unknownAt(path+"."+name) {
			out = afterApply(path + "." + name)
		}
	}
	if hidden, _ := walk(b.unknown, path); hidden != nil {
		names, _ := hidden.(map[string]any)
		for name := range names {
			if _, seen := variables[name]; !seen && holdsSecret(name, "(unknown)") {
				out = afterApply(path + "." + name)
			}
		}
	}
	return out
}

func (b *builder) invokable() fact {
	permissions, sureP := b.parts("aws_lambda_permission")
	addresses, sureU := b.parts("aws_lambda_function_url")
	out := known(false)
	for _, d := range permissions {
		everyone := d.text("principal", known("")).equals("*")
		tied := anyOf(d.given("source_account"), d.given("source_arn"), d.given("principal_org_id"))
		out = anyOf(out, allOf(everyone, tied.not()))
	}
	for _, d := range addresses {
		out = anyOf(out, d.text("authorization_type", known("")).equals("NONE"))
	}
	switch {
	case out.is(true):
	case !sureP || !sureU:
		return afterApply("the function of a permission")
	case !b.it.create && out.known():
		return notInSource("permissions outside this " + b.source)
	}
	return out
}

func cluster(b *builder) {
	b.base(false)
	const config = "vpc_config.0."
	open := b.flag(config+"endpoint_public_access", known(true))
	ranges := known(true)
	if f := b.get(config+"public_access_cidrs", known(nil)); !f.known() && !b.unset(config+"public_access_cidrs") {
		ranges = f
	} else if list := texts(b.at(config + "public_access_cidrs")); len(list) > 0 {
		ranges = known(slices.ContainsFunc(list, everywhere))
	}
	b.put("endpoint_open", allOf(open, ranges))
	_, f := b.list("enabled_cluster_log_types")
	if f.known() {
		f = known(slices.Contains(texts(b.at("enabled_cluster_log_types")), "audit"))
	}
	b.put("audit_log", f)
	encrypted := b.given("encryption_config")
	if encrypted.is(true) {
		encrypted = allOf(known(slices.Contains(texts(b.at("encryption_config.0.resources")), "secrets")), b.customerKey("encryption_config.0.provider.0.key_arn"))
	}
	b.put("secrets_encrypted", encrypted)
	b.put("version", b.text("version", notInSource("version")))
	b.link("assumes", "role_arn", "aws_iam_role")
}

func registry(b *builder) {
	b.base(false)
	if repository, _ := b.at("repository_name").(string); repository != "" {
		b.r.Name = repository
	}
	if b.it.kind == "aws_ecrpublic_repository" {
		b.put("public", known(true))
		b.put("scan_on_push", known(false))
		b.put("immutable_tags", known(false))
		return
	}
	b.put("scan_on_push", b.flag("image_scanning_configuration.0.scan_on_push", known(false)))
	b.put("immutable_tags", b.text("image_tag_mutability", known("MUTABLE")).when(func(s string) bool { return strings.HasPrefix(s, "IMMUTABLE") }))
	b.put("public", b.policy("", "aws_ecr_repository_policy", "policy", false, public))
}
