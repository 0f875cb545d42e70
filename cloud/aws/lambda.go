// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"demarc.dev/demarc/cloud"
)

func lambdaService() *service {
	return &service{
		name: "lambda", kinds: []cloud.Kind{cloud.Function},
		actions: []string{"lambda:GetFunctionUrlConfig", "lambda:GetPolicy", "lambda:ListFunctions", "lambda:ListTags"},
		collect: collectFunctions,
	}
}

func collectFunctions(ctx context.Context, u *unit) error {
	c := lambda.NewFromConfig(u.cfg)
	return pages(ctx, c.ListFunctions, &lambda.ListFunctionsInput{}, func(page *lambda.ListFunctionsOutput) {
		seen := u.seen("lambda:ListFunctions", page.ResultMetadata)
		each(ctx, u, page.Functions, func(f types.FunctionConfiguration) {
			u.note("used", "function", nil)
			u.add(u.function(ctx, c, f, seen))
		})
	})
}

func (u *unit) function(ctx context.Context, c *lambda.Client, f types.FunctionConfiguration, seen cloud.Seen) *cloud.Resource {
	r := u.resource(cloud.Function, "lambda.function", aws.ToString(f.FunctionArn), aws.ToString(f.FunctionName), nil, seen)
	raw := map[string]any{"Function": f}
	ctx = told(ctx, r)
	fact(r, "runtime", string(f.Runtime), nil)
	fact(r, "role", aws.ToString(f.Role), nil)
	if f.Runtime == "" {
		gap(r, missing(cloud.NotInSource, "lambda:ListFunctions", "a container image brings its own runtime"), "runtime_supported")
	} else {
		fact(r, "runtime_supported", runtimeSupported(string(f.Runtime), u.s.o.Now()), nil)
	}
	u.protects(r, aws.ToString(f.KMSKeyArn))
	switch {
	case f.Environment == nil:
		fact(r, "plain_secret", false, nil)
	case f.Environment.Error != nil:
		gap(r, missing(cloud.Denied, "lambda:ListFunctions", words(aws.ToString(f.Environment.Error.ErrorCode), "the environment was not told")), "plain_secret")
	default:
		found := false
		for name, value := range f.Environment.Variables {
			found = found || holdsSecret(name, value)
		}
		fact(r, "plain_secret", found, nil)
	}
	either(u.functionPolicy(ctx, c, f, raw), u.functionURL(ctx, c, f, raw)).into(r, "public")
	tags, err := c.ListTags(ctx, &lambda.ListTagsInput{Resource: f.FunctionArn})
	if err != nil {
		tag(r, nil, err)
	} else {
		tag(r, tags.Tags, nil)
	}
	r.Raw = document(raw)
	return r
}

func (u *unit) functionPolicy(ctx context.Context, c *lambda.Client, f types.FunctionConfiguration, raw map[string]any) tri {
	out, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: f.FunctionName})
	if absent(err, "ResourceNotFoundException") {
		return tri{}
	}
	if err != nil {
		return tri{err: err}
	}
	raw["Policy"] = out.Policy
	return u.permission(aws.ToString(out.Policy), "lambda:GetPolicy").public()
}

// functionURL tells whether the function has an address that asks nobody who he
// is.
func (u *unit) functionURL(ctx context.Context, c *lambda.Client, f types.FunctionConfiguration, raw map[string]any) tri {
	out, err := c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: f.FunctionName})
	if absent(err, "ResourceNotFoundException") {
		return tri{}
	}
	if err != nil {
		return tri{err: err}
	}
	raw["URL"] = map[string]any{"AuthType": out.AuthType, "FunctionUrl": out.FunctionUrl}
	return tri{yes: out.AuthType == types.FunctionUrlAuthTypeNone}
}

// deprecated holds the day from which AWS no longer mends a runtime, from the
// table "Lambda runtimes" of its developer guide. A runtime that is not here is
// one that is still mended, or was made after this list.
var deprecated = map[string]string{
	"nodejs": "2016-10-31", "nodejs4.3": "2020-03-05", "nodejs4.3-edge": "2019-04-30", "nodejs6.10": "2019-08-12", "nodejs8.10": "2020-03-06",
	"nodejs10.x": "2021-07-30", "nodejs12.x": "2023-03-31", "nodejs14.x": "2023-12-04", "nodejs16.x": "2024-06-12", "nodejs18.x": "2025-09-01",
	"nodejs20.x": "2026-04-30", "nodejs22.x": "2027-04-30",
	"python2.7": "2021-07-15", "python3.6": "2022-07-18", "python3.7": "2023-12-04", "python3.8": "2024-10-14", "python3.9": "2025-12-15",
	"python3.10": "2026-10-31", "python3.11": "2027-06-30", "python3.12": "2028-10-31", "python3.13": "2029-06-30",
	"java8": "2024-01-08", "java8.al2": "2027-06-30", "java11": "2027-06-30", "java17": "2027-06-30", "java21": "2029-06-30",
	"dotnetcore1.0": "2019-07-30", "dotnetcore2.0": "2019-05-30", "dotnetcore2.1": "2022-01-05", "dotnetcore3.1": "2023-04-03",
	"dotnet5.0": "2022-05-10", "dotnet6": "2024-12-20", "dotnet7": "2024-05-14", "dotnet8": "2026-11-10",
	"ruby2.5": "2021-07-30", "ruby2.7": "2023-12-07", "ruby3.2": "2026-03-31", "ruby3.3": "2027-03-31",
	"go1.x": "2024-01-08", "provided": "2024-01-08", "provided.al2": "2026-07-31", "provided.al2023": "2029-06-30",
}

func runtimeSupported(runtime string, now time.Time) bool {
	end, err := time.Parse(time.DateOnly, deprecated[runtime])
	return err != nil || now.Before(end)
}
