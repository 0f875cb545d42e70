// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

// published are the methods of two published lists: the id of each, the calls
// that it needs, and the methods of ours that find it. R1 to R21 are Rhino
// Security Labs' (2018, 2019), the others of the catalogue pathfinding.cloud as
// of December 2025.
var published = []struct {
	id, calls string
	ours      string
}{
	{"R1", "iam:CreatePolicyVersion", "policy-version"},
	{"R2", "iam:SetDefaultPolicyVersion", "policy-default"},
	{"R3", "iam:PassRole ec2:RunInstances", "pass-ec2"},
	{"R4", "iam:CreateAccessKey", "key"},
	{"R5", "iam:CreateLoginProfile", "password"},
	{"R6", "iam:UpdateLoginProfile", "password-anew"},
	{"R7", "iam:AttachUserPolicy", "attach-user"},
	{"R8", "iam:AttachGroupPolicy", "attach-group"},
	{"R9", "iam:AttachRolePolicy sts:AssumeRole", "attach-role assume"},
	{"R10", "iam:PutUserPolicy", "put-user"},
	{"R11", "iam:PutGroupPolicy", "put-group"},
	{"R12", "iam:PutRolePolicy sts:AssumeRole", "put-role assume"},
	{"R13", "iam:AddUserToGroup", "join-group"},
	{"R14", "iam:UpdateAssumeRolePolicy sts:AssumeRole", "retrust"},
	{"R15", "iam:PassRole lambda:CreateFunction lambda:InvokeFunction", "pass-lambda"},
	{"R16", "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping", "pass-lambda-event"},
	{"R17", "lambda:UpdateFunctionCode", "function-code"},
	{"R18", "iam:PassRole glue:CreateDevEndpoint", "pass-glue-endpoint"},
	{"R19", "glue:UpdateDevEndpoint", "glue-endpoint"},
	{"R20", "iam:PassRole cloudformation:CreateStack", "pass-stack"},
	{"R21", "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline", "pass-pipeline"},
	{"apprunner-001", "iam:PassRole apprunner:CreateService", "pass-apprunner"},
	{"apprunner-002", "apprunner:UpdateService", "apprunner-update"},
	{"bedrock-001", "iam:PassRole bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter", "pass-interpreter"},
	{"bedrock-002", "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter", "interpreter"},
	{"cloudformation-001", "iam:PassRole cloudformation:CreateStack", "pass-stack"},
	{"cloudformation-002", "cloudformation:UpdateStack", "stack-update"},
	{"cloudformation-003", "iam:PassRole cloudformation:CreateStackSet cloudformation:CreateStackInstances", "pass-stackset"},
	{"cloudformation-004", "iam:PassRole cloudformation:UpdateStackSet", "pass-stackset-update"},
	{"cloudformation-005", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet", "stack-change"},
	{"codebuild-001", "iam:PassRole codebuild:CreateProject codebuild:StartBuild", "pass-codebuild"},
	{"codebuild-002", "codebuild:StartBuild", "build"},
	{"codebuild-003", "codebuild:StartBuildBatch", "build-batch"},
	{"codebuild-004", "iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch", "pass-codebuild-batch"},
	{"datapipeline-001", "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline", "pass-pipeline"},
	{"ec2instanceconnect-003", "ec2-instance-connect:SendSSHPublicKey ec2:DescribeInstances", "machine-key"},
	{"ec2-001", "iam:PassRole ec2:RunInstances", "pass-ec2"},
	{"ec2-002", "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances", "machine-startup"},
	{"ec2-003", "iam:PassRole ec2:RequestSpotInstances", "pass-ec2-spot"},
	{"ec2-004", "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate", "machine-template"},
	{"ecs-001", "iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService", "pass-task-service"},
	{"ecs-002", "iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask", "pass-task-run"},
	{"ecs-003", "iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService", "pass-task-service"},
	{"ecs-004", "iam:PassRole ecs:RegisterTaskDefinition ecs:RunTask", "pass-task-run"},
	{"ecs-005", "iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask", "pass-task-start"},
	{"glue-001", "iam:PassRole glue:CreateDevEndpoint", "pass-glue-endpoint"},
	{"glue-002", "glue:UpdateDevEndpoint", "glue-endpoint"},
	{"glue-003", "iam:PassRole glue:CreateJob glue:StartJobRun", "pass-glue-job"},
	{"glue-004", "iam:PassRole glue:CreateJob glue:CreateTrigger", "pass-glue-job-trigger"},
	{"glue-005", "iam:PassRole glue:UpdateJob glue:StartJobRun", "pass-glue-update"},
	{"glue-006", "iam:PassRole glue:UpdateJob glue:CreateTrigger", "pass-glue-update-trigger"},
	{"iam-001", "iam:CreatePolicyVersion", "policy-version"},
	{"iam-002", "iam:CreateAccessKey", "key"},
	{"iam-003", "iam:CreateAccessKey iam:DeleteAccessKey", "key-anew"},
	{"iam-004", "iam:CreateLoginProfile", "password"},
	{"iam-005", "iam:PutRolePolicy", "put-role"},
	{"iam-006", "iam:UpdateLoginProfile", "password-anew"},
	{"iam-007", "iam:PutUserPolicy", "put-user"},
	{"iam-008", "iam:AttachUserPolicy", "attach-user"},
	{"iam-009", "iam:AttachRolePolicy", "attach-role"},
	{"iam-010", "iam:AttachGroupPolicy", "attach-group"},
	{"iam-011", "iam:PutGroupPolicy", "put-group"},
	{"iam-012", "iam:UpdateAssumeRolePolicy", "retrust"},
	{"iam-013", "iam:AddUserToGroup", "join-group"},
	{"iam-014", "iam:AttachRolePolicy sts:AssumeRole", "attach-role assume"},
	{"iam-015", "iam:AttachUserPolicy iam:CreateAccessKey", "attach-user key"},
	{"iam-016", "iam:CreatePolicyVersion sts:AssumeRole", "policy-version assume"},
	{"iam-017", "iam:PutRolePolicy sts:AssumeRole", "put-role assume"},
	{"iam-018", "iam:PutUserPolicy iam:CreateAccessKey", "put-user key"},
	{"iam-019", "iam:AttachRolePolicy iam:UpdateAssumeRolePolicy", "attach-role retrust"},
	{"iam-020", "iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy", "policy-version retrust"},
	{"iam-021", "iam:PutRolePolicy iam:UpdateAssumeRolePolicy", "put-role retrust"},
	{"lambda-001", "iam:PassRole lambda:CreateFunction lambda:InvokeFunction", "pass-lambda"},
	{"lambda-002", "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping", "pass-lambda-event"},
	{"lambda-003", "lambda:UpdateFunctionCode", "function-code"},
	{"lambda-004", "lambda:UpdateFunctionCode lambda:InvokeFunction", "function-code"},
	{"lambda-005", "lambda:UpdateFunctionCode lambda:AddPermission", "function-code"},
	{"lambda-006", "iam:PassRole lambda:CreateFunction lambda:AddPermission", "pass-lambda-open"},
	{"sagemaker-001", "iam:PassRole sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl", "pass-notebook"},
	{"sagemaker-002", "iam:PassRole sagemaker:CreateTrainingJob", "pass-training"},
	{"sagemaker-003", "iam:PassRole sagemaker:CreateProcessingJob", "pass-processing"},
	{"sagemaker-004", "sagemaker:CreatePresignedNotebookInstanceUrl", "notebook"},
	{"sagemaker-005", "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance", "notebook-start"},
	{"ssm-001", "ssm:StartSession", "machine-session"},
	{"ssm-002", "ssm:SendCommand", "machine-command"},
	{"sts-001", "sts:AssumeRole", "assume"},
}

// scene is an estate in which a principal called attacker has the calls, and
// nothing else is open: what the last method needs is there.
func scene(calls, ours string) *estate {
	e := &estate{}
	last := methods[(&world{}).method(strings.Fields(ours)[len(strings.Fields(ours))-1])]
	first := methods[(&world{}).method(strings.Fields(ours)[0])]
	rights := allow(calls, "*")
	closed := forService("elsewhere.amazonaws.com")
	lending := len(strings.Fields(ours)) == 2
	attacker := e.user
	byRole := !lending && first.gain == widen && first.target == aRole || lending && first.target == aUser
	var policies []string
	var admin []string
	if !lending && first.gain != widen {
		admin = []string{allRights}
	}
	if first.target == aPolicy && !lending {
		versions := []string{}
		if first.ID == "policy-default" {
			versions = append(versions, text1(allRights))
		}
		policies = append(policies, e.managed("theirs", versions, allow("s3:GetObject", "*")))
	}
	var held []string
	if lending && first.target == aPolicy {
		held = append(held, e.managed("weak", nil, allow("s3:GetObject", "*")))
	}
	switch {
	case byRole:
		e.role("attacker", closed, policies, rights)
	case first.target == aGroup && !lending:
		e.group("ops", nil, allow("s3:ListAllMyBuckets", "*"))
		attacker("attacker", policies, rights).Attributes["groups"] = list("ops")
	default:
		attacker("attacker", policies, rights)
	}
	switch last.target {
	case aUser:
		if last.gain == become {
			victim := e.user("victim", held, admin...)
			victim.Attributes["console_access"] = last.ID == "password-anew"
			if last.ID == "key-anew" {
				for _, k := range []string{"1", "2"} {
					e.add(cloud.Credential, arn("user", "victim")+"/access-key/"+k, k, home, map[string]any{"type": "access-key", "active": true, "owner": arn("user", "victim")})
				}
			}
		}
	case toGroup:
		e.group("strong", nil, admin...)
	case aRole:
		if last.gain == become {
			trust := closed
			if last.ID == "assume" {
				trust = trustOf(`{"AWS":"` + home + `"}`)
			}
			e.role("victim", trust, held, admin...)
		}
	case passed, unseen, function, machine:
		service := last.service
		if last.target == function {
			service = "lambda.amazonaws.com"
		} else if last.target == machine {
			service = "ec2.amazonaws.com"
		}
		victim := e.role("victim", forService(service), nil, admin...)
		victim.Attributes["profiles"] = list(arn("instance-profile", "strong"))
		e.add(cloud.Function, "arn:aws:lambda:eu-central-1:"+home+":function:nightly", "nightly", home, map[string]any{"role": victim.ID})
		e.add(cloud.Machine, "arn:aws:ec2:eu-central-1:"+home+":instance/i-1", "i-1", home, map[string]any{"profile": arn("instance-profile", "strong"), "managed": true})
	}
	return e
}

// TestPublished finds each published method in an estate in which nothing else
// leads to an administrator; without one of its calls it finds nothing.
func TestPublished(t *testing.T) {
	found := 0
	for _, c := range published {
		t.Run(c.id, func(t *testing.T) {
			p := scene(c.calls, c.ours).answer(t).of(t, "attacker")
			want := Escalates
			for _, name := range strings.Fields(c.ours) {
				m := methods[(&world{}).method(name)]
				if m.hangs != "" {
					want = Possible
				}
				if len(m.Source) == 0 {
					t.Errorf("the method %s names no source", name)
				}
			}
			if c.ours == "assume" {
				want = Assumes
			}
			if p.Verdict != want || p.methods() != c.ours {
				t.Fatalf("%s by %q (%s), want %s by %q", p.Verdict, p.methods(), p.Why, want, c.ours)
			}
			found++
			for _, s := range p.Path {
				for _, a := range s.Acts {
					if a.Action == "" || a.Resource == "" || a.Policy == "" || a.Statement == "" {
						t.Errorf("a call of %s does not say what allows it: %+v", s.Title, a)
					}
				}
			}
			if p.Fix == "" || len(p.Ways) == 0 && !strings.Contains(c.ours, " ") {
				t.Errorf("what would stop it: %q; ways to begin: %v", p.Fix, p.Ways)
			}
			for _, call := range needed(c.ours) {
				less := strings.Join(slices.DeleteFunc(strings.Fields(c.calls), func(x string) bool { return x == call }), " ")
				if less == "" {
					less = "s3:GetObject"
				}
				if q := scene(less, c.ours).answer(t).of(t, "attacker"); q.Verdict == Escalates && q.methods() == c.ours {
					t.Errorf("without %s it is found too", call)
				}
				barred := scene(c.calls, c.ours)
				barred.managed("bar", nil, statement("Deny", call, "*"))
				for i := range barred.all {
					if r := &barred.all[i]; r.Name == "attacker" {
						policies, _ := texts(r, "policies")
						r.Attributes["policies"] = list(append(policies, arn("policy", "bar"))...)
					}
				}
				if q := barred.answer(t).of(t, "attacker"); q.Verdict != None && q.methods() == c.ours {
					t.Errorf("a refusal of %s does not stop it: %s %s", call, q.Verdict, q.Why)
				} else if q.Verdict == None && !strings.Contains(q.Why, "refuses "+call) {
					t.Errorf("it does not say what stops it: %s", q.Why)
				}
			}
		})
	}
	if len(published) < 80 || found*100 < 95*len(published) {
		t.Errorf("%d of %d published methods are found", found, len(published))
	}
}

func needed(ours string) []string {
	var out []string
	for _, name := range strings.Fields(ours) {
		for _, n := range methods[(&world{}).method(name)].needs {
			if !slices.Contains(out, n.action) {
				out = append(out, n.action)
			}
		}
	}
	return out
}

// TestMethods asks of the data: ids once, in our words, published ones known.
func TestMethods(t *testing.T) {
	ids := map[string]bool{}
	for _, m := range methods {
		if ids[m.ID] || !regexp.MustCompile(`^[a-z][a-z0-9-]+$`).MatchString(m.ID) {
			t.Errorf("the id %q is no good, or stands twice", m.ID)
		}
		ids[m.ID] = true
		if m.Title == "" || m.fix == "" || len(m.needs) == 0 {
			t.Errorf("%s lacks a title, a fix or calls", m.ID)
		}
		if (m.target == passed || m.target == unseen) != (m.service != "") || m.target == unseen && m.hangs == "" {
			t.Errorf("%s: what it is used on and its service do not agree", m.ID)
		}
		for _, s := range m.Source {
			if !slices.ContainsFunc(published, func(p struct{ id, calls, ours string }) bool { return p.id == s }) {
				t.Errorf("%s: the source %s is not tested", m.ID, s)
			}
		}
	}
	if len(methods) < 22 {
		t.Errorf("%d methods", len(methods))
	}
}

// TestDocs: the page lists every method.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/privilege.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methods {
		source := strings.Join(m.Source, ", ")
		if source == "" {
			source = "—"
		}
		if row := "| `" + m.ID + "` | " + m.Title + " | " + source + " |\n"; !strings.Contains(string(page), row) {
			t.Errorf("docs/privilege.md lacks the row %s", row)
		}
	}
}
