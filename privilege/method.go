// SPDX-License-Identifier: Apache-2.0

package privilege

// Method is a way in which one principal gains the rights of another, or makes
// its own rights more, as published.
type Method struct {
	ID    string
	Title string
	// Source names where it was published: the number of Rhino Security Labs'
	// list ("AWS IAM Privilege Escalation", 2018 and 2019) as R1 to R21, and the
	// ids of the catalogue pathfinding.cloud. Empty where it is our own reading
	// of the provider's reference.
	Source []string
	gain   gain
	target target
	// service is the service that a role must trust.
	service string
	needs   []need
	given   []given
	// hangs is what cannot be decided from what is collected; "" when all can.
	hangs string
	fix   string
}

// gain is what a method gives.
type gain uint8

const (
	become  gain = iota // the rights of the target
	widen               // all rights, to the target
	unbound             // the target without its boundary
)

// target is what a method is used on.
type target uint8

const (
	aUser    target = iota
	aRole           // by itself: its trust, its policies
	aGroup          // whose policies are changed
	toGroup         // that a user is put into
	aPolicy         // that the customer wrote
	passed          // a role that is given to something new
	function        // that runs as a role
	machine         // that runs as a role
	unseen          // what runs as a role and is not collected
)

// need is one call; the resource may name {target}, {account} and {object}: the
// machine or function at hand.
type need struct{ action, resource string }

// given is a fact about the target without which the method does not work.
type given uint8

const (
	onMachine  given = iota // an instance profile carries the role
	managedBy               // the machine is reached by the agent of Systems Manager
	signsIn                 // the user has a password
	noPassword              // the user has none
	oneFactor               // no second factor stands before the user's password
	fewKeys                 // the user has fewer than two access keys
	twoKeys                 // the user has two
	otherText               // a version of the policy that is not in force gives all rights
	bounded                 // it has a boundary
)

const (
	everything = "*"
	onTarget   = "{target}"
	onObject   = "{object}"
	fixPass    = "name in iam:PassRole only the roles that have to be passed, and the service with iam:PassedToService"
)

// lambdas and the like are what a call that makes something new is about: the
// caller chooses the name.
const (
	lambdas   = "arn:aws:lambda:*:{account}:function:*"
	stacks    = "arn:aws:cloudformation:*:{account}:stack/*"
	stackSets = "arn:aws:cloudformation:*:{account}:stackset/*"
	projects  = "arn:aws:codebuild:*:{account}:project/*"
	jobs      = "arn:aws:glue:*:{account}:job/*"
	endpoints = "arn:aws:glue:*:{account}:devEndpoint/*"
	triggers  = "arn:aws:glue:*:{account}:trigger/*"
	tasks     = "arn:aws:ecs:*:{account}:task-definition/*"
	fleets    = "arn:aws:ecs:*:{account}:service/*"
	clusters  = "arn:aws:ecs:*:{account}:cluster/*"
	notebooks = "arn:aws:sagemaker:*:{account}:notebook-instance/*"
	trainings = "arn:aws:sagemaker:*:{account}:training-job/*"
	processes = "arn:aws:sagemaker:*:{account}:processing-job/*"
	lifecycle = "arn:aws:sagemaker:*:{account}:notebook-instance-lifecycle-config/*"
	runners   = "arn:aws:apprunner:*:{account}:service/*"
	sandboxes = "arn:aws:bedrock-agentcore:*:{account}:code-interpreter-custom/*"
	templates = "arn:aws:ec2:*:{account}:launch-template/*"
)

// launch is what a new machine needs besides its role.
var launch = []need{{"ec2:RunInstances", "arn:aws:ec2:*:{account}:instance/*"}, {"ec2:RunInstances", "arn:aws:ec2:*::image/*"}, {"ec2:RunInstances", "arn:aws:ec2:*:{account}:subnet/*"},
	{"ec2:RunInstances", "arn:aws:ec2:*:{account}:security-group/*"}, {"ec2:RunInstances", "arn:aws:ec2:*:{account}:network-interface/*"}, {"ec2:RunInstances", "arn:aws:ec2:*:{account}:volume/*"}}

func pass(more ...need) []need { return append([]need{{"iam:PassRole", onTarget}}, more...) }

// methods is read-only: the published methods, and a few of our own reading. The
// combinations of widening another's rights and then acting as it (iam-014 to
// iam-021) are not listed: they are two steps of two methods, and found so.
var methods = []Method{
	{ID: "policy-version", Title: "Write a new version of a policy that it holds", Source: []string{"R1", "iam-001", "iam-016", "iam-020"}, gain: widen, target: aPolicy,
		needs: []need{{"iam:CreatePolicyVersion", onTarget}}, fix: "take iam:CreatePolicyVersion away, or limit it to policies that its holders do not have"},
	{ID: "policy-default", Title: "Put an older version of a policy in force that gives more", Source: []string{"R2"}, gain: widen, target: aPolicy, given: []given{otherText},
		needs: []need{{"iam:SetDefaultPolicyVersion", onTarget}}, fix: "delete the older versions, or take iam:SetDefaultPolicyVersion away"},
	{ID: "attach-user", Title: "Attach a policy of an administrator to a user", Source: []string{"R7", "iam-008", "iam-015"}, gain: widen, target: aUser,
		needs: []need{{"iam:AttachUserPolicy", onTarget}}, fix: "limit iam:AttachUserPolicy by iam:PolicyARN to named policies, and demand a boundary"},
	{ID: "attach-group", Title: "Attach a policy of an administrator to a group", Source: []string{"R8", "iam-010"}, gain: widen, target: aGroup,
		needs: []need{{"iam:AttachGroupPolicy", onTarget}}, fix: "limit iam:AttachGroupPolicy by iam:PolicyARN to named policies"},
	{ID: "attach-role", Title: "Attach a policy of an administrator to a role", Source: []string{"R9", "iam-009", "iam-014", "iam-019"}, gain: widen, target: aRole,
		needs: []need{{"iam:AttachRolePolicy", onTarget}}, fix: "limit iam:AttachRolePolicy by iam:PolicyARN to named policies, and demand a boundary"},
	{ID: "put-user", Title: "Write a policy of an administrator into a user", Source: []string{"R10", "iam-007", "iam-018"}, gain: widen, target: aUser,
		needs: []need{{"iam:PutUserPolicy", onTarget}}, fix: "take iam:PutUserPolicy away, or demand a boundary with iam:PermissionsBoundary"},
	{ID: "put-group", Title: "Write a policy of an administrator into a group", Source: []string{"R11", "iam-011"}, gain: widen, target: aGroup,
		needs: []need{{"iam:PutGroupPolicy", onTarget}}, fix: "take iam:PutGroupPolicy away"},
	{ID: "put-role", Title: "Write a policy of an administrator into a role", Source: []string{"R12", "iam-005", "iam-017", "iam-021"}, gain: widen, target: aRole,
		needs: []need{{"iam:PutRolePolicy", onTarget}}, fix: "take iam:PutRolePolicy away, or demand a boundary with iam:PermissionsBoundary"},
	{ID: "join-group", Title: "Put itself into a group", Source: []string{"R13", "iam-013"}, gain: become, target: toGroup,
		needs: []need{{"iam:AddUserToGroup", onTarget}}, fix: "limit iam:AddUserToGroup to groups without such rights"},
	{ID: "unbound-user", Title: "Take the boundary of a user away", gain: unbound, target: aUser, given: []given{bounded},
		needs: []need{{"iam:DeleteUserPermissionsBoundary", onTarget}}, fix: "refuse iam:DeleteUserPermissionsBoundary in the boundary itself"},
	{ID: "unbound-role", Title: "Take the boundary of a role away", gain: unbound, target: aRole, given: []given{bounded},
		needs: []need{{"iam:DeleteRolePermissionsBoundary", onTarget}}, fix: "refuse iam:DeleteRolePermissionsBoundary in the boundary itself"},

	{ID: "assume", Title: "Assume a role", Source: []string{"sts-001"}, gain: become, target: aRole, needs: []need{{"sts:AssumeRole", onTarget}}, fix: "narrow the trust of the role to the principals that need it, and ask for a second factor"},
	{ID: "retrust", Title: "Write itself into the trust of a role", Source: []string{"R14", "iam-012"}, gain: become, target: aRole,
		needs: []need{{"iam:UpdateAssumeRolePolicy", onTarget}}, fix: "take iam:UpdateAssumeRolePolicy away, or limit it to roles without such rights"},
	{ID: "key", Title: "Make an access key for another user", Source: []string{"R4", "iam-002"}, gain: become, target: aUser, given: []given{fewKeys},
		needs: []need{{"iam:CreateAccessKey", onTarget}}, fix: "limit iam:CreateAccessKey to the user itself: user/${aws:username}"},
	{ID: "key-anew", Title: "Replace an access key of another user", Source: []string{"iam-003"}, gain: become, target: aUser, given: []given{twoKeys},
		needs: []need{{"iam:CreateAccessKey", onTarget}, {"iam:DeleteAccessKey", onTarget}}, fix: "limit iam:CreateAccessKey to the user itself: user/${aws:username}"},
	{ID: "password", Title: "Give another user a password", Source: []string{"R5", "iam-004"}, gain: become, target: aUser, given: []given{noPassword, oneFactor},
		needs: []need{{"iam:CreateLoginProfile", onTarget}}, fix: "limit iam:CreateLoginProfile to users without such rights"},
	{ID: "password-anew", Title: "Change the password of another user", Source: []string{"R6", "iam-006"}, gain: become, target: aUser, given: []given{signsIn, oneFactor},
		needs: []need{{"iam:UpdateLoginProfile", onTarget}}, fix: "limit iam:UpdateLoginProfile to users without such rights"},

	{ID: "pass-ec2", Title: "Start a machine with a strong role", Source: []string{"R3", "ec2-001"}, target: passed, service: "ec2.amazonaws.com", given: []given{onMachine},
		needs: append(pass(), launch...), fix: fixPass},
	{ID: "pass-ec2-spot", Title: "Ask for a spot machine with a strong role", Source: []string{"ec2-003"}, target: passed, service: "ec2.amazonaws.com", given: []given{onMachine},
		needs: pass(need{"ec2:RequestSpotInstances", everything}), fix: fixPass},
	{ID: "pass-ec2-profile", Title: "Give a machine that runs another role", target: passed, service: "ec2.amazonaws.com", given: []given{onMachine}, hangs: "it can sign in to a machine whose profile it replaces",
		needs: pass(need{"ec2:AssociateIamInstanceProfile", "arn:aws:ec2:*:{account}:instance/*"}), fix: fixPass},
	{ID: "pass-lambda", Title: "Make a function with a strong role and call it", Source: []string{"R15", "lambda-001"}, target: passed, service: "lambda.amazonaws.com",
		needs: pass(need{"lambda:CreateFunction", lambdas}, need{"lambda:InvokeFunction", lambdas}), fix: fixPass},
	{ID: "pass-lambda-event", Title: "Make a function with a strong role and let an event call it", Source: []string{"R16", "lambda-002"}, target: passed, service: "lambda.amazonaws.com",
		needs: pass(need{"lambda:CreateFunction", lambdas}, need{"lambda:CreateEventSourceMapping", everything}), fix: fixPass},
	{ID: "pass-lambda-open", Title: "Make a function with a strong role and let another account call it", Source: []string{"lambda-006"}, target: passed, service: "lambda.amazonaws.com",
		needs: pass(need{"lambda:CreateFunction", lambdas}, need{"lambda:AddPermission", lambdas}), fix: fixPass},
	{ID: "pass-glue-endpoint", Title: "Make a development endpoint of Glue with a strong role", Source: []string{"R18", "glue-001"}, target: passed, service: "glue.amazonaws.com",
		needs: pass(need{"glue:CreateDevEndpoint", endpoints}), fix: fixPass},
	{ID: "pass-glue-job", Title: "Make a job of Glue with a strong role and run it", Source: []string{"glue-003"}, target: passed, service: "glue.amazonaws.com",
		needs: pass(need{"glue:CreateJob", jobs}, need{"glue:StartJobRun", jobs}), fix: fixPass},
	{ID: "pass-glue-job-trigger", Title: "Make a job of Glue with a strong role and a trigger for it", Source: []string{"glue-004"}, target: passed, service: "glue.amazonaws.com",
		needs: pass(need{"glue:CreateJob", jobs}, need{"glue:CreateTrigger", triggers}), fix: fixPass},
	{ID: "pass-glue-update", Title: "Give a job of Glue a strong role and run it", Source: []string{"glue-005"}, target: passed, service: "glue.amazonaws.com", hangs: "a job of Glue exists",
		needs: pass(need{"glue:UpdateJob", jobs}, need{"glue:StartJobRun", jobs}), fix: fixPass},
	{ID: "pass-glue-update-trigger", Title: "Give a job of Glue a strong role and a trigger", Source: []string{"glue-006"}, target: passed, service: "glue.amazonaws.com", hangs: "a job of Glue exists",
		needs: pass(need{"glue:UpdateJob", jobs}, need{"glue:CreateTrigger", triggers}), fix: fixPass},
	{ID: "pass-stack", Title: "Make a stack that a strong role builds", Source: []string{"R20", "cloudformation-001"}, target: passed, service: "cloudformation.amazonaws.com",
		needs: pass(need{"cloudformation:CreateStack", stacks}), fix: fixPass},
	{ID: "pass-stackset", Title: "Make a set of stacks that a strong role builds", Source: []string{"cloudformation-003"}, target: passed, service: "cloudformation.amazonaws.com",
		needs: pass(need{"cloudformation:CreateStackSet", stackSets}, need{"cloudformation:CreateStackInstances", stackSets}), fix: fixPass},
	{ID: "pass-stackset-update", Title: "Change a set of stacks that a strong role builds", Source: []string{"cloudformation-004"}, target: passed, service: "cloudformation.amazonaws.com", hangs: "a set of stacks exists",
		needs: pass(need{"cloudformation:UpdateStackSet", stackSets}), fix: fixPass},
	{ID: "pass-pipeline", Title: "Make a data pipeline with a strong role", Source: []string{"R21", "datapipeline-001"}, target: passed, service: "datapipeline.amazonaws.com",
		needs: pass(need{"datapipeline:CreatePipeline", everything}, need{"datapipeline:PutPipelineDefinition", everything}, need{"datapipeline:ActivatePipeline", everything}), fix: fixPass},
	{ID: "pass-codebuild", Title: "Make a build project with a strong role and start it", Source: []string{"codebuild-001"}, target: passed, service: "codebuild.amazonaws.com",
		needs: pass(need{"codebuild:CreateProject", projects}, need{"codebuild:StartBuild", projects}), fix: fixPass},
	{ID: "pass-codebuild-batch", Title: "Make a build project with a strong role and start a batch", Source: []string{"codebuild-004"}, target: passed, service: "codebuild.amazonaws.com",
		needs: pass(need{"codebuild:CreateProject", projects}, need{"codebuild:StartBuildBatch", projects}), fix: fixPass},
	{ID: "pass-notebook", Title: "Make a notebook with a strong role", Source: []string{"sagemaker-001"}, target: passed, service: "sagemaker.amazonaws.com",
		needs: pass(need{"sagemaker:CreateNotebookInstance", notebooks}, need{"sagemaker:CreatePresignedNotebookInstanceUrl", notebooks}), fix: fixPass},
	{ID: "pass-training", Title: "Make a training job with a strong role", Source: []string{"sagemaker-002"}, target: passed, service: "sagemaker.amazonaws.com",
		needs: pass(need{"sagemaker:CreateTrainingJob", trainings}), fix: fixPass},
	{ID: "pass-processing", Title: "Make a processing job with a strong role", Source: []string{"sagemaker-003"}, target: passed, service: "sagemaker.amazonaws.com",
		needs: pass(need{"sagemaker:CreateProcessingJob", processes}), fix: fixPass},
	{ID: "pass-task-run", Title: "Run a container task with a strong role", Source: []string{"ecs-002", "ecs-004"}, target: passed, service: "ecs-tasks.amazonaws.com",
		needs: pass(need{"ecs:RegisterTaskDefinition", everything}, need{"ecs:RunTask", tasks}), fix: fixPass},
	{ID: "pass-task-service", Title: "Keep a container task with a strong role running", Source: []string{"ecs-001", "ecs-003"}, target: passed, service: "ecs-tasks.amazonaws.com",
		needs: pass(need{"ecs:RegisterTaskDefinition", everything}, need{"ecs:CreateService", fleets}), fix: fixPass},
	{ID: "pass-task-start", Title: "Start a container task with a strong role on a machine of a cluster", Source: []string{"ecs-005"}, target: passed, service: "ecs-tasks.amazonaws.com", hangs: "a cluster has a machine of its own",
		needs: pass(need{"ecs:RegisterTaskDefinition", everything}, need{"ecs:StartTask", tasks}), fix: fixPass},
	{ID: "pass-apprunner", Title: "Make a service of App Runner with a strong role", Source: []string{"apprunner-001"}, target: passed, service: "tasks.apprunner.amazonaws.com",
		needs: pass(need{"apprunner:CreateService", runners}), fix: fixPass},
	{ID: "pass-interpreter", Title: "Make a code interpreter with a strong role", Source: []string{"bedrock-001"}, target: passed, service: "bedrock-agentcore.amazonaws.com",
		needs: pass(need{"bedrock-agentcore:CreateCodeInterpreter", everything}, need{"bedrock-agentcore:StartCodeInterpreterSession", sandboxes}, need{"bedrock-agentcore:InvokeCodeInterpreter", sandboxes}), fix: fixPass},

	{ID: "function-code", Title: "Change the code of a function that runs as a strong role", Source: []string{"R17", "lambda-003", "lambda-004", "lambda-005"}, target: function,
		needs: []need{{"lambda:UpdateFunctionCode", onObject}}, fix: "limit lambda:UpdateFunctionCode to functions without such a role, or narrow the role"},
	{ID: "function-layer", Title: "Put code of its own before a function that runs as a strong role", target: function,
		needs: []need{{"lambda:UpdateFunctionConfiguration", onObject}}, fix: "limit lambda:UpdateFunctionConfiguration to functions without such a role, or narrow the role"},
	{ID: "machine-command", Title: "Send a command to a machine that runs as a strong role", Source: []string{"ssm-002"}, target: machine, given: []given{managedBy},
		needs: []need{{"ssm:SendCommand", onObject}, {"ssm:SendCommand", "arn:aws:ssm:*:*:document/*"}}, fix: "limit ssm:SendCommand to machines by tag, and narrow the machine's role"},
	{ID: "machine-session", Title: "Open a session on a machine that runs as a strong role", Source: []string{"ssm-001"}, target: machine, given: []given{managedBy},
		needs: []need{{"ssm:StartSession", onObject}}, fix: "limit ssm:StartSession to machines by tag, and narrow the machine's role"},
	{ID: "machine-key", Title: "Send a key of its own to a machine that runs as a strong role", Source: []string{"ec2instanceconnect-003"}, target: machine, hangs: "the machine takes connections from where it stands",
		needs: []need{{"ec2-instance-connect:SendSSHPublicKey", onObject}}, fix: "limit ec2-instance-connect:SendSSHPublicKey to machines by tag, and narrow the machine's role"},
	{ID: "machine-startup", Title: "Change the start-up script of a machine that runs as a strong role", Source: []string{"ec2-002"}, target: machine,
		needs: []need{{"ec2:ModifyInstanceAttribute", onObject}, {"ec2:StopInstances", onObject}, {"ec2:StartInstances", onObject}}, fix: "take ec2:ModifyInstanceAttribute away, and narrow the machine's role"},
	{ID: "machine-template", Title: "Change the template from which machines with a strong role start", Source: []string{"ec2-004"}, target: unseen, service: "ec2.amazonaws.com", hangs: "a template with this role exists, and machines start from it",
		needs: []need{{"ec2:CreateLaunchTemplateVersion", templates}, {"ec2:ModifyLaunchTemplate", templates}}, fix: "take ec2:ModifyLaunchTemplate away, or narrow the role"},
	{ID: "glue-endpoint", Title: "Put a key of its own on a development endpoint of Glue", Source: []string{"R19", "glue-002"}, target: unseen, service: "glue.amazonaws.com", hangs: "a development endpoint with this role exists",
		needs: []need{{"glue:UpdateDevEndpoint", endpoints}}, fix: "take glue:UpdateDevEndpoint away, or narrow the role"},
	{ID: "stack-update", Title: "Change a stack that a strong role builds", Source: []string{"cloudformation-002"}, target: unseen, service: "cloudformation.amazonaws.com", hangs: "a stack with this role exists",
		needs: []need{{"cloudformation:UpdateStack", stacks}}, fix: "limit cloudformation:UpdateStack to stacks without such a role, or narrow the role"},
	{ID: "stack-change", Title: "Change a stack that a strong role builds, by a set of changes", Source: []string{"cloudformation-005"}, target: unseen, service: "cloudformation.amazonaws.com", hangs: "a stack with this role exists",
		needs: []need{{"cloudformation:CreateChangeSet", stacks}, {"cloudformation:ExecuteChangeSet", stacks}}, fix: "limit cloudformation:ExecuteChangeSet to stacks without such a role, or narrow the role"},
	{ID: "build", Title: "Start a build with commands of its own in a project with a strong role", Source: []string{"codebuild-002"}, target: unseen, service: "codebuild.amazonaws.com", hangs: "a build project with this role exists",
		needs: []need{{"codebuild:StartBuild", projects}}, fix: "limit codebuild:StartBuild to projects without such a role, or narrow the role"},
	{ID: "build-batch", Title: "Start a batch of builds with commands of its own in a project with a strong role", Source: []string{"codebuild-003"}, target: unseen, service: "codebuild.amazonaws.com", hangs: "a build project with this role exists",
		needs: []need{{"codebuild:StartBuildBatch", projects}}, fix: "limit codebuild:StartBuildBatch to projects without such a role, or narrow the role"},
	{ID: "notebook", Title: "Open a notebook that runs as a strong role", Source: []string{"sagemaker-004"}, target: unseen, service: "sagemaker.amazonaws.com", hangs: "a notebook with this role exists",
		needs: []need{{"sagemaker:CreatePresignedNotebookInstanceUrl", notebooks}}, fix: "limit sagemaker:CreatePresignedNotebookInstanceUrl to one's own notebook, or narrow the role"},
	{ID: "notebook-start", Title: "Have a notebook with a strong role run code of its own at the start", Source: []string{"sagemaker-005"}, target: unseen, service: "sagemaker.amazonaws.com", hangs: "a notebook with this role exists",
		needs: []need{{"sagemaker:CreateNotebookInstanceLifecycleConfig", lifecycle}, {"sagemaker:StopNotebookInstance", notebooks}, {"sagemaker:UpdateNotebookInstance", notebooks}, {"sagemaker:StartNotebookInstance", notebooks}}, fix: "take sagemaker:UpdateNotebookInstance away, or narrow the role"},
	{ID: "apprunner-update", Title: "Change a service of App Runner that runs as a strong role", Source: []string{"apprunner-002"}, target: unseen, service: "tasks.apprunner.amazonaws.com", hangs: "a service with this role exists",
		needs: []need{{"apprunner:UpdateService", runners}}, fix: "limit apprunner:UpdateService to services without such a role, or narrow the role"},
	{ID: "interpreter", Title: "Use a code interpreter that runs as a strong role", Source: []string{"bedrock-002"}, target: unseen, service: "bedrock-agentcore.amazonaws.com", hangs: "a code interpreter with this role exists",
		needs: []need{{"bedrock-agentcore:StartCodeInterpreterSession", sandboxes}, {"bedrock-agentcore:InvokeCodeInterpreter", sandboxes}}, fix: "limit the sessions of code interpreters, or narrow the role"},
}

// Methods gives the methods, in their order. The slice is the caller's.
func Methods() []Method { return append([]Method(nil), methods...) }
