// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// crowd answers ec2:DescribeVolumes with disks that it makes up, half of them
// in each region, and hands everything else on.
type crowd struct {
	next  http.Handler
	disks int
}

// pageSize is how many disks an answer holds.
const pageSize = 500

func (c crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "DescribeVolumes" {
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.next.ServeHTTP(w, r)
		return
	}
	region := "eu-central-1"
	if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/") {
		region = "eu-west-1"
	}
	first, _ := strconv.Atoi(form.Get("NextToken")) // empty on the first page
	last := min(first+pageSize, c.disks/2)
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprint(w, `<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>crowd</requestId><volumeSet>`)
	for i := first; i < last; i++ {
		fmt.Fprintf(w, `<item><volumeId>vol-%s-%06d</volumeId><size>100</size><snapshotId/><availabilityZone>%sa</availabilityZone><status>available</status><createTime>2026-03-01T08:00:00.000Z</createTime><attachmentSet/><tagSet><item><key>Name</key><value>data-%06d</value></item><item><key>owner</key><value>team-%d</value></item><item><key>stage</key><value>prod</value></item></tagSet><volumeType>gp3</volumeType><iops>3000</iops><encrypted>%t</encrypted><multiAttachEnabled>false</multiAttachEnabled></item>`,
			region, i, region, i, i%40, i%3 > 0)
	}
	fmt.Fprint(w, `</volumeSet>`)
	if last < c.disks/2 {
		fmt.Fprintf(w, `<nextToken>%d</nextToken>`, last)
	}
	fmt.Fprint(w, `</DescribeVolumesResponse>`)
}

func escape(text string) string { return url.QueryEscape(text) }
