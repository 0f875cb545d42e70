// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"demarc.dev/demarc/internal/replayproxy"
)

// BenchmarkCollect collects about the estate of the comparison with other tools
// (400 buckets, 150 users, 200 security groups) from the emulator's recorded
// answers, 20 ms away. It reports the calls of one collection and what share of
// the least possible time (calls × latency ÷ calls in flight) it took.
func BenchmarkCollect(b *testing.B) {
	const latency, region = 20 * time.Millisecond, "ca-central-1"
	ctx, cfg := b.Context(), seeder(b, region)
	net, store, users := ec2.NewFromConfig(cfg), s3Client(b, region), iam.NewFromConfig(cfg)
	vpc := makeVPC(b, net, "bench", "10.7.0.0/16")
	for i := range 400 {
		makeBucket(b, store, fmt.Sprintf("bench-bucket-%03d", i), false)
		if i < 200 {
			must(net.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String(fmt.Sprint("bench-", i)), Description: aws.String("b"), VpcId: vpc}))(b)
		}
		if i < 150 {
			must(users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(fmt.Sprint("bench-", i))}))(b)
		}
	}
	proxy := replayproxy.New(moto.URL, replayproxy.Options{})
	o := options(b)
	o.Regions, o.Services = []string{region}, []string{"s3", "iam", "ec2"}
	once := func(p *replayproxy.Proxy) Summary {
		s := httptest.NewServer(p)
		defer s.Close()
		o.Endpoint = s.URL
		var out bytes.Buffer
		sum, err := Collect(ctx, o, &out)
		if err != nil {
			b.Fatal(err)
		}
		return sum
	}
	once(proxy) // records
	for b.Loop() {
		start := time.Now()
		sum := once(proxy.With(replayproxy.Options{Latency: latency}))
		least := time.Duration(sum.Calls) * latency / 64
		b.ReportMetric(float64(sum.Calls), "calls")
		b.ReportMetric(float64(sum.Lost), "lost")
		b.ReportMetric(time.Since(start).Seconds()/least.Seconds(), "×least")
	}
}
