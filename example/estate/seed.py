#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the cloud estate of Larkspur Ledger, a firm that does not exist, in
an AWS API emulator, so that our own collectors have something real to read.

    seed.py http://127.0.0.1:5000

Two accounts: prod runs the Ledger for three tenants (alder, birch, cedar), ops
holds identities, images, logs and a staging copy. The estate is well built in
most places and flawed in the places that such estates are flawed in: each flaw
has a comment that begins with "Flaw". Nothing here is random: the same
emulator gives the same estate, but for identifiers that it draws itself.
"""
import io
import json
import sys
import zipfile

import boto3
from botocore.config import Config

PROD, OPS = "210987654321", "109876543210"
HOME, SECOND = "eu-central-1", "eu-west-1"
TENANTS = ("alder", "birch", "cedar")
STRANGER = "498765432109"  # an account of nobody we know

_clients = {}
_sessions = {}


def session(account):
    if account not in _sessions:
        sts = boto3.client("sts", endpoint_url=URL, region_name=HOME, aws_access_key_id="seed", aws_secret_access_key="seed")
        keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="seed")["Credentials"]
        _sessions[account] = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return _sessions[account]


def client(account, service, region=HOME):
    key = (account, service, region)
    if key not in _clients:
        _clients[key] = session(account).client(service, region_name=region, endpoint_url=URL, config=Config(retries={"max_attempts": 3}))
    return _clients[key]


def tags(**words):
    return [{"Key": k.replace("_", "-"), "Value": v} for k, v in (words or {"owner": "larkspur"}).items()]


def spec(kind, **words):
    return [{"ResourceType": kind, "Tags": tags(**words)}]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, condition=None):
    s = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy({**s, "Condition": condition} if condition else s)


# ── organisation ────────────────────────────────────────────────────────────

def organisation():
    org = client(OPS, "organizations", "us-east-1")
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    org.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = org.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    keep = org.create_policy(Name="keep-trail", Description="Nobody stops the audit trail", Type="SERVICE_CONTROL_POLICY",
                             Content=policy({"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}))
    org.attach_policy(PolicyId=keep["Policy"]["PolicySummary"]["Id"], TargetId=root)
    # Flaw: the guard-rail over regions was written and never attached.
    org.create_policy(Name="only-europe", Description="Work stays in two regions", Type="SERVICE_CONTROL_POLICY",
                      Content=policy({"Effect": "Deny", "NotAction": ["iam:*", "organizations:*", "support:*"], "Resource": "*",
                                      "Condition": {"StringNotEquals": {"aws:RequestedRegion": [HOME, SECOND]}}}))
    return unit


# ── identity ────────────────────────────────────────────────────────────────

def identity(account):
    iam = client(account, "iam", "us-east-1")
    prod = account == PROD
    iam.create_account_alias(AccountAlias="larkspur-" + ("prod" if prod else "ops"))
    if prod:
        iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True, RequireLowercaseCharacters=True, PasswordReusePrevention=24)
    else:  # Flaw: a short password and no memory of old ones in ops.
        iam.update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True)
    saml = iam.create_saml_provider(Name="larkspur-sso", SAMLMetadataDocument="<EntityDescriptor>" + "x" * 1100 + "</EntityDescriptor>")["SAMLProviderArn"]
    sso = {"Federated": saml}
    saml_condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}

    def role(name, document, attach=(), inline=None, **words):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, Tags=tags(**words))
        for arn in attach:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        if inline:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=inline)

    managed = "arn:aws:iam::aws:policy/"
    federated = policy({"Effect": "Allow", "Principal": sso, "Action": "sts:AssumeRoleWithSAML", "Condition": saml_condition})
    role("platform-admin", federated, [managed + "AdministratorAccess"], team="platform")
    role("security-audit", federated, [managed + "SecurityAudit"], team="security")
    role("developer", federated, [managed + "ReadOnlyAccess"], team="product")
    service = lambda name: trust({"Service": name})
    for tenant in TENANTS if prod else ():
        own = iam.create_policy(PolicyName=f"ledger-{tenant}", PolicyDocument=policy(
            allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::larkspur-ledger-{tenant}/*"), allow(["dynamodb:Query", "dynamodb:PutItem"], f"arn:aws:dynamodb:{HOME}:{PROD}:table/entries-{tenant}")))["Policy"]["Arn"]
        role(f"ledger-{tenant}", service("ecs-tasks.amazonaws.com"), [own], tenant=tenant, app="ledger")
    if prod:
        role("ledger-functions", service("lambda.amazonaws.com"), [managed + "service-role/AWSLambdaBasicExecutionRole"], app="ledger")
        # Flaw: the deployment may do everything, by a policy that nobody narrowed.
        everything = iam.create_policy(PolicyName="deploy-everything", PolicyDocument=policy(allow("*")))["Policy"]["Arn"]
        role("deploy", trust({"AWS": f"arn:aws:iam::{OPS}:root"}, {"StringEquals": {"sts:ExternalId": "larkspur-deploy"}}), [everything], team="platform")
        # Flaw: a monitoring vendor may assume a role without an external id.
        role("watchtower-vendor", trust({"AWS": f"arn:aws:iam::{STRANGER}:root"}), [managed + "ReadOnlyAccess"], vendor="watchtower")
        # Flaw: birch's connector can be assumed by the ops account for every tenant.
        role("connector-birch", trust({"AWS": f"arn:aws:iam::{OPS}:root"}), inline=policy(allow("s3:GetObject", "arn:aws:s3:::larkspur-ledger-*/*")), tenant="birch")
        iam.create_instance_profile(InstanceProfileName="worker")
        role("worker", service("ec2.amazonaws.com"), inline=policy(allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"])), app="ledger")
        iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
    else:
        role("support", federated, [managed + "AWSSupportAccess"], team="security")
        # Makes roles for new workloads, and cannot make itself more: a boundary leaves out IAM but for that.
        fence = iam.create_policy(PolicyName="vending-boundary", PolicyDocument=policy(
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "sts:*"], "Resource": "*"}, allow(["iam:CreateRole", "iam:PassRole"], f"arn:aws:iam::{OPS}:role/workload/*")))["Policy"]["Arn"]
        role("account-vending", federated, inline=policy(allow(["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PassRole", "lambda:*"])), team="platform")
        iam.put_role_permissions_boundary(RoleName="account-vending", PermissionsBoundary=fence)
        # Flaw: an old role that the whole world may assume.
        role("legacy-upload", trust({"AWS": "*"}), inline=policy(allow("s3:PutObject", "arn:aws:s3:::larkspur-drop/*")))

    iam.create_group(GroupName="operators")
    iam.attach_group_policy(GroupName="operators", PolicyArn=managed + "ReadOnlyAccess")
    # Flaw: meant for the on-call list, it lets every operator join every group, break-glass too.
    iam.put_group_policy(GroupName="operators", PolicyName="on-call-list", PolicyDocument=policy(allow(["iam:AddUserToGroup", "iam:RemoveUserFromGroup"], f"arn:aws:iam::{account}:group/*")))
    iam.create_group(GroupName="break-glass")
    iam.attach_group_policy(GroupName="break-glass", PolicyArn=managed + "AdministratorAccess")

    def user(name, groups=(), password=False, mfa=False, keys=0, attach=(), inline=None, off=0):
        iam.create_user(UserName=name)
        for group in groups:
            iam.add_user_to_group(GroupName=group, UserName=name)
        if password:
            iam.create_login_profile(UserName=name, Password="Example-only-1-" + name)
        if mfa:
            serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
        made = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(keys)]
        for key in made[:off]:
            iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
        for arn in attach:
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        if inline:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=inline)

    user("break-glass-1", ["break-glass"], password=True, mfa=True)
    user("break-glass-2", ["break-glass"], password=True, mfa=prod)  # Flaw: in ops without a second factor.
    user("ci-release", keys=2, off=1, inline=policy(allow(["ecr:PutImage", "ecr:InitiateLayerUpload"])))  # Flaw: rights written on the user.
    if prod:
        user("mailer-smtp", keys=1, inline=policy(allow("ses:SendRawEmail")))
        user("backup-agent", keys=2)  # Flaw: two keys in use at once.
        user("h.brandt", ["operators"], password=True, mfa=True)
        user("j.okafor", ["operators"], password=True)  # Flaw: signs in without a second factor.
    else:
        user("terraform", keys=1, attach=[managed + "AdministratorAccess"])  # Flaw: an administrator with a key that never ends.
        user("m.silva", ["operators"], password=True, mfa=True)
        user("contractor", ["operators"], password=True, keys=1)  # Flaw: left open after the contract.


# ── encryption ──────────────────────────────────────────────────────────────

def keys(account):
    kms = client(account, "kms")
    out = {}
    admin = {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}

    def key(name, rotation=True, more=(), state=None, **words):
        words.setdefault("app", "platform")
        k = kms.create_key(Description=name, Policy=policy(admin, *more), Tags=[{"TagKey": t, "TagValue": v} for t, v in words.items()])["KeyMetadata"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=k["KeyId"])
        if rotation:
            kms.enable_key_rotation(KeyId=k["KeyId"])
        if state == "deletion":
            kms.schedule_key_deletion(KeyId=k["KeyId"], PendingWindowInDays=7)
        out[name] = k["Arn"]

    if account == PROD:
        key("ledger-alder", tenant="alder")
        key("ledger-birch", tenant="birch")
        # Flaw: cedar has no key of its own; its data lies under alder's.
        key("ledger-shared", rotation=False, app="ledger")  # Flaw: no rotation.
        key("logs", more=[{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*"}])
        # Flaw: an unknown account may decrypt the exports.
        key("exports", more=[{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}, "Action": "kms:Decrypt", "Resource": "*"}])
        key("ledger-2021", rotation=False, state="deletion")
        kms2 = client(account, "kms", SECOND)
        out["backup-copy"] = kms2.create_key(Description="backup-copy", Policy=policy(admin))["KeyMetadata"]["Arn"]
    else:
        key("ops")
        key("images", rotation=False)
    return out


# ── network ─────────────────────────────────────────────────────────────────

ANY = [{"CidrIp": "0.0.0.0/0"}]


def rule(port, to=None, protocol="tcp", cidr=None, group=None):
    r = {"IpProtocol": protocol, "FromPort": port, "ToPort": to or port}
    if group:
        r["UserIdGroupPairs"] = [{"GroupId": group}]
    else:
        r["IpRanges"] = [{"CidrIp": cidr or "0.0.0.0/0"}]
    return r


def network(account, name, cidr, region=HOME, stage="prod", tenant=None, flow_log=True):
    ec2 = client(account, "ec2", region)
    words = {"Name": name, "stage": stage, **({"tenant": tenant} if tenant else {})}
    vpc = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=spec("vpc", **words))["Vpc"]["VpcId"]
    base = cidr.rsplit(".", 2)[0]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = {}
    for i, (tier, zone) in enumerate([("public", "a"), ("public", "b"), ("private", "a"), ("private", "b"), ("data", "a"), ("data", "b")]):
        s = ec2.create_subnet(VpcId=vpc, CidrBlock=f"{base}.{i}.0/24", AvailabilityZone=region + zone, TagSpecifications=spec("subnet", Name=f"{name}-{tier}-{zone}", tier=tier, **({"tenant": tenant} if tenant else {})))["Subnet"]["SubnetId"]
        subnets[tier + zone] = s
        if tier == "public":
            ec2.associate_route_table(RouteTableId=table, SubnetId=s)
            if zone == "a":  # Flaw: machines in this subnet get a public address by themselves.
                ec2.modify_subnet_attribute(SubnetId=s, MapPublicIpOnLaunch={"Value": True})
    if flow_log:
        client(account, "logs", region).create_log_group(logGroupName=f"/vpc/{name}")
        client(account, "logs", region).put_retention_policy(logGroupName=f"/vpc/{name}", retentionInDays=365)
        ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName=f"/vpc/{name}", DeliverLogsPermissionArn=f"arn:aws:iam::{account}:role/platform-admin")
    return vpc, subnets


def firewall(account, vpc, name, rules=(), region=HOME, **words):
    ec2 = client(account, "ec2", region)
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc, TagSpecifications=spec("security-group", Name=name, **words))["GroupId"]
    if rules:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(rules))
    return group


def peer(account, a, b, **words):
    ec2 = client(account, "ec2")
    p = ec2.create_vpc_peering_connection(VpcId=a, PeerVpcId=b)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=p)
    ec2.create_tags(Resources=[p], Tags=tags(**words))


# ── data ────────────────────────────────────────────────────────────────────

def bucket(account, name, key=None, region=HOME, block=True, versioning=True, tls=True, logs=None, public=False, expiry=None, lock=None, owner=None, **words):
    s3 = client(account, "s3", region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region}, **({"ObjectLockEnabledForBucket": True} if lock else {}))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(**words)})
    if key:
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})
    if block:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True))
    if versioning:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    arns = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statements = []
    if tls:
        statements.append({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    if public:
        statements.append({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arns[1]})
    if owner:
        statements.append({"Effect": "Allow", "Principal": {"Service": owner}, "Action": ["s3:PutObject", "s3:GetBucketAcl"], "Resource": arns})
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))
    if logs:
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": name + "/"}})
    if expiry:
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [{"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": expiry}}]})
    if lock and lock > 1:
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": lock}}})


def grant_log_delivery(account, name):
    s3 = client(account, "s3")
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
    s3.put_bucket_acl(Bucket=name, AccessControlPolicy={"Owner": s3.get_bucket_acl(Bucket=name)["Owner"], "Grants": [
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": p} for p in ("WRITE", "READ_ACP")]})


def prod_stores(k):
    bucket(PROD, "larkspur-access-logs", block=True, tls=False, versioning=False, expiry=400, classification="logs")
    grant_log_delivery(PROD, "larkspur-access-logs")
    logs = "larkspur-access-logs"
    for tenant in TENANTS:
        key = k["ledger-alder" if tenant == "cedar" else f"ledger-{tenant}"]
        bucket(PROD, f"larkspur-ledger-{tenant}", key, logs=logs, tenant=tenant, classification="personal", criticality="high")
        # Flaw: exports are kept for ever for birch; cedar's are not versioned.
        bucket(PROD, f"larkspur-exports-{tenant}", k["exports"], versioning=tenant != "cedar", logs=logs if tenant != "birch" else None, expiry=None if tenant == "birch" else 30, tenant=tenant, classification="personal")
        bucket(PROD, f"larkspur-archive-{tenant}", k["ledger-shared"], region=SECOND, lock=365 if tenant == "alder" else None, tenant=tenant, classification="personal", purpose="archive")
    # Flaw: the public site shares a bucket with uploads, and everyone may read it.
    bucket(PROD, "larkspur-www", block=False, versioning=False, tls=False, public=True, app="site")
    # Flaw: plain HTTP, no key, no block.
    bucket(PROD, "larkspur-analytics-scratch", block=False, versioning=False, tls=False, classification="personal", app="analytics")
    bucket(PROD, "larkspur-config-records", k["logs"], owner="config.amazonaws.com", classification="logs")


def ops_stores(k):
    bucket(OPS, "larkspur-audit", k["ops"], lock=400, owner="cloudtrail.amazonaws.com", purpose="records", criticality="critical")
    bucket(OPS, "larkspur-terraform-state", k["ops"], classification="secret", criticality="critical")
    bucket(OPS, "larkspur-drop", block=False, versioning=False, tls=False)  # Flaw: forgotten upload box.
    bucket(OPS, "larkspur-artifacts", versioning=True, tls=True, app="ci")
    bucket(OPS, "larkspur-staging-ledger", versioning=False, tls=False, stage="staging", classification="personal")  # Flaw: copies of real data in staging.


def databases(account, groups, subnets, k):
    rds = client(account, "rds")
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=[subnets["dataa"], subnets["datab"]])
    force = rds.create_db_parameter_group(DBParameterGroupName="postgres-tls", DBParameterGroupFamily="postgres16", Description="TLS only")
    rds.modify_db_parameter_group(DBParameterGroupName="postgres-tls", Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}])
    assert force

    def database(name, key=None, public=False, days=14, protect=True, zones=True, logs=("postgresql",), tls=True, own=None, **words):
        rds.create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.m6g.large", Engine="postgres", EngineVersion="16.3", AllocatedStorage=100, MasterUsername="owner", MasterUserPassword="Example-only-1",
                               DBSubnetGroupName="data", VpcSecurityGroupIds=[groups[own or "data"]], StorageEncrypted=bool(key), **({"KmsKeyId": key} if key else {}), PubliclyAccessible=public, BackupRetentionPeriod=days,
                               DeletionProtection=protect, MultiAZ=zones, EnableCloudwatchLogsExports=list(logs), **({"DBParameterGroupName": "postgres-tls"} if tls else {}), Tags=tags(**words))

    if account == PROD:
        database("ledger-alder", k["ledger-alder"], own="data-alder", tenant="alder", classification="personal", backup="daily")
        database("ledger-birch", k["ledger-birch"], own="data-birch", tenant="birch", classification="personal", backup="daily")
        database("ledger-cedar", k["ledger-alder"], zones=False, days=3, own="data-cedar", tenant="cedar", classification="personal", backup="daily")  # Flaw: one zone, short backups, alder's key.
        # Flaw: the reporting copy has a public address, no encryption, no audit log, plain connections.
        database("reporting", public=True, days=1, protect=False, zones=False, logs=(), tls=False, classification="personal", app="analytics")
        snapshot = rds.create_db_snapshot(DBSnapshotIdentifier="reporting-before-move", DBInstanceIdentifier="reporting")
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="reporting-before-move", AttributeName="restore", ValuesToAdd=[STRANGER])  # Flaw: shared with a stranger.
        assert snapshot
        rds.create_db_snapshot(DBSnapshotIdentifier="ledger-alder-release", DBInstanceIdentifier="ledger-alder")
    else:
        database("staging", k["ops"], days=1, protect=False, zones=False, stage="staging", classification="personal")


def tables(k):
    db = client(PROD, "dynamodb")
    for tenant in TENANTS:
        for name in ("entries", "sessions"):
            key = {} if name == "sessions" else {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": k["ledger-alder" if tenant == "cedar" else f"ledger-{tenant}"]}}
            db.create_table(TableName=f"{name}-{tenant}", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                            DeletionProtectionEnabled=name == "entries", Tags=tags(tenant=tenant, classification="personal", **({"backup": "daily"} if name == "entries" else {})), **key)
            if name == "entries" and tenant != "cedar":  # Flaw: cedar's entries cannot be restored to a second.
                db.update_continuous_backups(TableName=f"{name}-{tenant}", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


def caches(groups, subnets, k):
    cache = client(PROD, "elasticache")
    cache.create_cache_subnet_group(CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=[subnets["dataa"], subnets["datab"]])
    for name, safe in (("sessions", True), ("reports", False)):  # Flaw: reports are cached in the clear.
        cache.create_replication_group(ReplicationGroupId=name, ReplicationGroupDescription=name, Engine="redis", CacheNodeType="cache.t4g.small", NumCacheClusters=2, AutomaticFailoverEnabled=True,
                                       AtRestEncryptionEnabled=safe, TransitEncryptionEnabled=safe, **({"AuthToken": "Example-only-token-1", "KmsKeyId": k["ledger-shared"]} if safe else {}), CacheSubnetGroupName="data", SecurityGroupIds=groups, Tags=tags(app="ledger"))


def files(subnets, k):
    efs = client(PROD, "efs")
    for tenant in TENANTS:
        f = efs.create_file_system(CreationToken=f"docs-{tenant}", Encrypted=tenant != "cedar", **({"KmsKeyId": k[f"ledger-{tenant}"]} if tenant != "cedar" else {}), Tags=tags(Name=f"docs-{tenant}", tenant=tenant, classification="personal", **({"backup": "daily"} if tenant != "birch" else {})))["FileSystemId"]
        if tenant == "alder":
            efs.put_file_system_policy(FileSystemId=f, Policy=policy({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))


def messages(k):
    sqs, sns = client(PROD, "sqs"), client(PROD, "sns")
    for tenant in TENANTS:
        arn = f"arn:aws:sqs:{HOME}:{PROD}:import-{tenant}"
        statements = [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]
        if tenant == "birch":  # Flaw: everyone may send into birch's import.
            statements.append({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn})
        sqs.create_queue(QueueName=f"import-{tenant}", Attributes={"KmsMasterKeyId": k["ledger-shared"], "Policy": policy(*statements)}, tags={"tenant": tenant})
        sqs.create_queue(QueueName=f"import-{tenant}-dead", Attributes={"SqsManagedSseEnabled": "true" if tenant == "alder" else "false"}, tags={"tenant": tenant})
    topics = {}
    for name, key, mail in (("security-alarms", k["logs"], True), ("billing-events", None, True), ("tenant-notices", k["ledger-shared"], False), ("partner-feed", None, False)):
        topics[name] = sns.create_topic(Name=name, Attributes={"KmsMasterKeyId": key} if key else {}, Tags=tags(app="ledger"))["TopicArn"]
        if mail:
            sns.subscribe(TopicArn=topics[name], Protocol="sqs", Endpoint=f"arn:aws:sqs:{HOME}:{PROD}:import-alder", ReturnSubscriptionArn=True)
    sns.set_topic_attributes(TopicArn=topics["partner-feed"], AttributeName="Policy", AttributeValue=policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sns:Publish", "sns:Subscribe"], "Resource": topics["partner-feed"]}))  # Flaw.
    return topics


# ── machines ────────────────────────────────────────────────────────────────

def image(account, name, public=False, share=None):
    ec2 = client(account, "ec2")
    base = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    box = ec2.run_instances(ImageId=base, MinCount=1, MaxCount=1, TagSpecifications=spec("instance", Name=f"bake-{name}", stage="build"))["Instances"][0]["InstanceId"]
    made = ec2.create_image(InstanceId=box, Name=name, TagSpecifications=spec("image", Name=name))["ImageId"]
    ec2.terminate_instances(InstanceIds=[box])
    if public:
        ec2.modify_image_attribute(ImageId=made, LaunchPermission={"Add": [{"Group": "all"}]})
    if share:
        ec2.modify_image_attribute(ImageId=made, LaunchPermission={"Add": [{"UserId": share}]})
    return made


def machine(account, name, ami, subnet, groups, token=True, public=False, protect=True, startup=None, region=HOME, stop=False, **words):
    ec2 = client(account, "ec2", region)
    i = ec2.run_instances(ImageId=ami, MinCount=1, MaxCount=1, InstanceType="m7g.large", UserData=startup or "#!/bin/sh\nexec /opt/ledger/start\n", MetadataOptions={"HttpTokens": "required" if token else "optional"},
                          NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": groups, "AssociatePublicIpAddress": public}], DisableApiTermination=protect,
                          TagSpecifications=spec("instance", Name=name, **words))["Instances"][0]["InstanceId"]
    if stop:
        ec2.stop_instances(InstanceIds=[i])
    return i


def volume(account, name, encrypted=True, key=None, machine_id=None, device="/dev/sdf", **words):
    ec2 = client(account, "ec2")
    v = ec2.create_volume(AvailabilityZone=HOME + "a", Size=200, Encrypted=encrypted, **({"KmsKeyId": key} if encrypted and key else {}), TagSpecifications=spec("volume", Name=name, **words))["VolumeId"]
    if machine_id:
        ec2.attach_volume(VolumeId=v, InstanceId=machine_id, Device=device)
    return v


def prod_machines(vpc, subnets, groups, k):
    ec2 = client(PROD, "ec2")
    ami = image(PROD, "ledger-base-2026-10", share=OPS)
    image(PROD, "ledger-base-2024-02", public=True)  # Flaw: an old image that everyone may start.
    for tenant in TENANTS:
        for n in (1, 2):
            m = machine(PROD, f"worker-{tenant}-{n}", ami, subnets["private" + "ab"[n - 1]], [groups[f"app-{tenant}"]], token=tenant != "cedar", tenant=tenant, app="ledger", stage="prod", backup="daily")
            v = volume(PROD, f"worker-{tenant}-{n}", tenant != "birch" or n == 1, k["ledger-alder" if tenant == "cedar" else f"ledger-{tenant}"], m, tenant=tenant, classification="personal", backup="daily")
            if n == 1:
                s = ec2.create_snapshot(VolumeId=v, Description=f"worker-{tenant}", TagSpecifications=spec("snapshot", tenant=tenant, Name=f"worker-{tenant}"))["SnapshotId"]
                if tenant == "cedar":  # Flaw: everyone may restore this copy.
                    ec2.modify_snapshot_attribute(SnapshotId=s, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
    # Flaw: a jump host with a public address, an open port and a password in its start-up script.
    machine(PROD, "jump", ami, subnets["publica"], [groups["jump"]], token=False, public=True, protect=False, startup="#!/bin/sh\nexport DB_PASSWORD=Example-only-hunter2\n", tier="public", stage="prod")
    machine(PROD, "reporting", ami, subnets["publicb"], [groups["reporting"]], token=False, public=True, protect=False, app="analytics", stage="prod")
    machine(PROD, "bastion", ami, subnets["privatea"], [groups["bastion"]], zone="admin", stage="prod", backup="daily")
    volume(PROD, "left-over-2023", encrypted=False)  # Flaw: belongs to nothing, in the clear.
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": ami, "InstanceType": "m7g.large", "SecurityGroupIds": [groups["app"]], "MetadataOptions": {"HttpTokens": "required"}})["LaunchTemplate"]["LaunchTemplateId"]
    groups_of = client(PROD, "autoscaling")
    for name, low, high, zones in (("web", 2, 8, "privatea privateb"), ("reports", 1, 1, "privatea")):  # Flaw: reports cannot grow and stand in one zone.
        groups_of.create_auto_scaling_group(AutoScalingGroupName=name, MinSize=low, MaxSize=high, LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"}, VPCZoneIdentifier=",".join(subnets[z] for z in zones.split()),
                                            Tags=[{"Key": "app", "Value": "ledger", "PropagateAtLaunch": True, "ResourceId": name, "ResourceType": "auto-scaling-group"}])


def certificate(account, name, region=HOME, **words):
    return client(account, "acm", region).request_certificate(DomainName=name, ValidationMethod="DNS", Tags=tags(**words))["CertificateArn"]


def balancers(vpc, subnets, groups):
    elb = client(PROD, "elbv2")
    target = elb.create_target_group(Name="web", Protocol="HTTPS", Port=8443, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    cert = certificate(PROD, "app.larkspur-ledger.example", app="ledger")
    certificate(PROD, "old.larkspur-ledger.example")

    def balancer(name, protect, logs, scheme="internet-facing"):
        arn = elb.create_load_balancer(Name=name, Subnets=[subnets["publica"], subnets["publicb"]], SecurityGroups=[groups["web"]], Scheme=scheme, Type="application", Tags=tags(app="ledger"))["LoadBalancers"][0]["LoadBalancerArn"]
        attributes = [{"Key": "deletion_protection.enabled", "Value": str(protect).lower()}, {"Key": "access_logs.s3.enabled", "Value": str(logs).lower()}]
        if logs:
            attributes.append({"Key": "access_logs.s3.bucket", "Value": "larkspur-access-logs"})
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
        return arn

    app = balancer("ledger", True, True)
    elb.create_listener(LoadBalancerArn=app, Protocol="HTTPS", Port=443, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", Certificates=[{"CertificateArn": cert}], DefaultActions=forward)
    elb.create_listener(LoadBalancerArn=app, Protocol="HTTP", Port=80, DefaultActions=redirect)
    # Flaw: the partner interface still speaks TLS 1.0 and plain HTTP, unlogged.
    partner = balancer("partner", False, False)
    elb.create_listener(LoadBalancerArn=partner, Protocol="HTTPS", Port=443, SslPolicy="ELBSecurityPolicy-2016-08", Certificates=[{"CertificateArn": cert}], DefaultActions=forward)
    elb.create_listener(LoadBalancerArn=partner, Protocol="HTTP", Port=8080, DefaultActions=forward)
    internal = balancer("internal", False, False, "internal")
    elb.create_listener(LoadBalancerArn=internal, Protocol="HTTP", Port=8081, DefaultActions=forward)


# ── platform services ───────────────────────────────────────────────────────

def functions():
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as z:
        z.writestr(zipfile.ZipInfo("main.py", (2026, 1, 1, 0, 0, 0)), "def run(event, context):\n    return event\n")
    fn = client(PROD, "lambda")
    role = f"arn:aws:iam::{PROD}:role/ledger-functions"
    for name, runtime, words in (("statement", "python3.13", {"STAGE": "prod"}), ("import-alder", "python3.13", {"TENANT": "alder"}), ("import-birch", "python3.13", {"TENANT": "birch"}), ("import-cedar", "python3.13", {"TENANT": "cedar"}),
                                 ("webhook", "python3.13", {"STAGE": "prod"}), ("pdf-render", "nodejs14.x", {"STAGE": "prod"}),  # Flaw: a runtime that nobody mends.
                                 ("mail-send", "python3.12", {"SMTP_PASSWORD": "Example-only-hunter2"})):  # Flaw: a password in the clear.
        fn.create_function(FunctionName=name, Runtime=runtime, Role=role, Handler="main.run", Code={"ZipFile": code.getvalue()}, Environment={"Variables": words}, Tags={"app": "ledger", **({"tenant": words["TENANT"]} if "TENANT" in words else {})})
        client(PROD, "logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    fn.add_permission(FunctionName="webhook", StatementId="open", Action="lambda:InvokeFunction", Principal="*")  # Flaw: everyone may invoke it.


def clusters(subnets, k):
    eks = client(PROD, "eks")
    role = f"arn:aws:iam::{PROD}:role/platform-admin"
    ids = [subnets["privatea"], subnets["privateb"]]
    eks.create_cluster(name="ledger", version="1.33", roleArn=role, resourcesVpcConfig={"subnetIds": ids, "endpointPublicAccess": False, "endpointPrivateAccess": True}, encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": k["ledger-shared"]}}],
                       logging={"clusterLogging": [{"types": ["api", "audit", "authenticator"], "enabled": True}]}, tags={"app": "ledger"})
    # Flaw: the analytics cluster: open API, no audit log, no encryption, an old version.
    eks.create_cluster(name="analytics", version="1.27", roleArn=role, resourcesVpcConfig={"subnetIds": ids, "endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}, tags={"app": "analytics"})


def registries(account):
    ecr = client(account, "ecr")
    for name, good in (("ledger/web", True), ("ledger/worker", True), ("ledger/pdf", False), ("tools/jobs", False)):
        ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": good}, imageTagMutability="IMMUTABLE" if good else "MUTABLE", tags=tags(app="ledger"))
    ecr.set_repository_policy(repositoryName="tools/jobs", policyText=policy({"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}))  # Flaw.


def secrets(account, k):
    store = client(account, "secretsmanager")
    rotate = f"arn:aws:lambda:{HOME}:{PROD}:function:statement"
    for tenant in TENANTS:
        name = f"ledger/{tenant}/database"
        store.create_secret(Name=name, SecretString="Example-only-1", KmsKeyId=k["ledger-alder" if tenant == "cedar" else f"ledger-{tenant}"], Tags=tags(tenant=tenant))
        if tenant != "birch":
            store.rotate_secret(SecretId=name, RotationLambdaARN=rotate, RotationRules={"AutomaticallyAfterDays": 30})
    for name in ("postrider/smtp", "watchtower/token", "ledger/signing-key"):  # Flaw: nothing rotates them.
        store.create_secret(Name=name, SecretString="Example-only-1", Tags=tags(app="ledger"))


# ── logs, alarms, backup ────────────────────────────────────────────────────

def trails(k):
    trail = client(OPS, "cloudtrail")
    trail.create_trail(Name="organisation", S3BucketName="larkspur-audit", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True, EnableLogFileValidation=True, KmsKeyId=k["ops"])
    trail.start_logging(Name="organisation")
    prod = client(PROD, "cloudtrail")
    # Flaw: prod's own trail covers one region, has no digests and no key, and delivers into the bucket of access logs.
    prod.create_trail(Name="prod", S3BucketName="larkspur-access-logs", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=True, EnableLogFileValidation=False)
    prod.start_logging(Name="prod")
    prod.put_event_selectors(TrailName="prod", EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::larkspur-ledger-alder/"]}]}])
    prod.create_trail(Name="trial-2024", S3BucketName="larkspur-access-logs")  # Flaw: never switched on.


def logs_and_alarms(topics, k):
    logs, watch = client(PROD, "logs"), client(PROD, "cloudwatch")
    for name, days, key in (("/ledger/api", 365, k["logs"]), ("/ledger/worker", 365, None), ("/ledger/audit", 30, k["logs"]), ("/ledger/mail", None, None), ("/aws/cloudtrail", 365, k["logs"]), ("/aws/rds/instance/ledger-alder/postgresql", 90, None)):
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}), tags={"app": "ledger"})
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    logs.put_metric_filter(logGroupName="/aws/cloudtrail", filterName="root", filterPattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
                           metricTransformations=[{"metricName": "RootUse", "metricNamespace": "Audit", "metricValue": "1"}])
    for name, metric, namespace, topic in (("root-use", "RootUse", "Audit", "security-alarms"), ("api-errors", "5XXError", "Ledger", "tenant-notices"), ("queue-age", "ApproximateAgeOfOldestMessage", "AWS/SQS", None), ("db-storage", "FreeStorageSpace", "AWS/RDS", "security-alarms"), ("web-cpu", "CPUUtilization", "AWS/EC2", "tenant-notices")):
        more = {"Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}]} if name == "web-cpu" else {}
        watch.put_metric_alarm(AlarmName=name, MetricName=metric, Namespace=namespace, Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold", ActionsEnabled=name != "queue-age", AlarmActions=[topics[topic]] if topic else [], **more)


def backups(k):
    b = client(PROD, "backup")
    b.create_backup_vault(BackupVaultName="daily", EncryptionKeyArn=k["ledger-shared"])
    b.create_backup_vault(BackupVaultName="scratch")
    try:
        b.put_backup_vault_lock_configuration(BackupVaultName="daily", MinRetentionDays=30)
    except Exception as fault:  # the emulator may not know the call: then no vault is locked
        print("seed: vault lock:", type(fault).__name__, file=sys.stderr)
    plan = b.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "daily", "ScheduleExpression": "cron(0 3 * * ? *)", "Lifecycle": {"DeleteAfterDays": 35}}]})["BackupPlanId"]
    try:
        b.create_backup_selection(BackupPlanId=plan, BackupSelection={"SelectionName": "tagged", "IamRoleArn": f"arn:aws:iam::{PROD}:role/platform-admin", "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}]})
    except Exception as fault:
        print("seed: backup selection:", type(fault).__name__, file=sys.stderr)
    b.create_backup_plan(BackupPlan={"BackupPlanName": "weekly", "Rules": [{"RuleName": "weekly", "TargetBackupVaultName": "scratch", "ScheduleExpression": "cron(0 3 ? * 1 *)", "Lifecycle": {"DeleteAfterDays": 7}}]})  # Flaw: kept for a week.


def watchers(account, topics=None):
    for region in (HOME, SECOND):
        if account == PROD or region == HOME:  # Flaw: ops is not watched in its second region.
            client(account, "guardduty", region).create_detector(Enable=True)
        if account == PROD and region == HOME:
            config = client(account, "config", region)
            config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": f"arn:aws:iam::{account}:role/platform-admin", "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
            config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "larkspur-config-records"})
            config.start_configuration_recorder(ConfigurationRecorderName="default")
    client(account, "ec2").enable_ebs_encryption_by_default()


def prod():
    identity(PROD)
    k = keys(PROD)
    vpc, subnets = network(PROD, "ledger", "10.20.0.0/16")
    # Flaw: no flow log; and analytics may reach production.
    analytics, wide = network(PROD, "analytics", "10.30.0.0/16", stage="test", flow_log=False)
    peer(PROD, vpc, analytics, Name="ledger-analytics")
    network(PROD, "recovery", "10.40.0.0/16", region=SECOND)
    g = {"web": firewall(PROD, vpc, "web", [rule(443), rule(80)], zone="public")}
    g["app"] = firewall(PROD, vpc, "app", [rule(8443, group=g["web"])], zone="private")
    g["data"] = firewall(PROD, vpc, "data", [rule(5432, group=g["app"]), rule(6379, group=g["app"])], zone="data")
    for tenant in TENANTS:  # Each tenant's workers reach their own database.
        g[f"app-{tenant}"] = firewall(PROD, vpc, f"app-{tenant}", [rule(8443, group=g["web"])], zone="private", tenant=tenant)
        g[f"data-{tenant}"] = firewall(PROD, vpc, f"data-{tenant}", [rule(5432, group=g[f"app-{tenant}"])], zone="data", tenant=tenant)
    # Flaw: a rule of a migration that nobody took back: birch's workers reach cedar's database.
    client(PROD, "ec2").authorize_security_group_ingress(GroupId=g["data-cedar"], IpPermissions=[rule(5432, group=g["app-birch"])])
    # The way in of our own people; tenants do not reach it.
    g["bastion"] = firewall(PROD, vpc, "bastion", [rule(22, cidr="10.20.250.0/24")], zone="admin")
    g["jump"] = firewall(PROD, vpc, "jump", [rule(22)], zone="admin")  # Flaw: SSH from everywhere.
    g["reporting"] = firewall(PROD, vpc, "reporting", [rule(5432), rule(3389)], zone="private")  # Flaw: database and desktop from everywhere.
    firewall(PROD, vpc, "office", [rule(22, cidr="198.51.100.0/24")], zone="admin")
    firewall(PROD, analytics, "analytics", [rule(0, 65535, cidr="10.20.0.0/16")], zone="private")
    prod_stores(k)
    databases(PROD, g, subnets, k)
    tables(k)
    caches([g["data"]], subnets, k)
    files(subnets, k)
    topics = messages(k)
    prod_machines(vpc, subnets, g, k)
    balancers(vpc, subnets, g)
    functions()
    clusters(subnets, k)
    registries(PROD)
    secrets(PROD, k)
    logs_and_alarms(topics, k)
    backups(k)
    watchers(PROD)
    return wide


def ops():
    identity(OPS)
    k = keys(OPS)
    vpc, subnets = network(OPS, "staging", "10.60.0.0/16", stage="staging", flow_log=False)
    g = firewall(OPS, vpc, "build", [rule(22, cidr="198.51.100.0/24")], zone="admin")
    d = firewall(OPS, vpc, "staging-data", [rule(5432, cidr="10.60.0.0/16")], zone="data")
    ops_stores(k)
    databases(OPS, {"data": d}, subnets, k)
    ami = image(OPS, "build-2026-09")
    machine(OPS, "build-1", ami, subnets["privatea"], [g], app="ci", stage="prod")
    machine(OPS, "build-old", ami, subnets["publica"], [g], token=False, public=True, protect=False, app="ci", stop=True)
    volume(OPS, "build-cache", encrypted=True, key=k["ops"])
    registries(OPS)
    client(OPS, "logs").create_log_group(logGroupName="/ci/build")
    watchers(OPS)
    return k


def main():
    global URL
    URL = sys.argv[1]
    organisation()
    k = ops()
    prod()
    trails(k)


if __name__ == "__main__":
    main()
