package rules_test
import ("testing";"context";"encoding/json";"time";"fmt";"github.com/releasebot/releasebot/agent";"github.com/releasebot/releasebot/agent/planner/rules")
func TestScratch(t *testing.T){
 cat:=agent.Catalog{Services:[]agent.CatalogService{{Name:"shop",Environments:[]string{"staging","production"}},{Name:"web",Environments:[]string{"staging","production"}}},People:[]string{"alice"}}
 rel:=[]agent.ReleaseBrief{{N:1,ID:"xtx7423cfird-1",Action:"deploy",Service:"shop",Environment:"production",Version:"v1.4.2",Open:true}}
 for _,w:=range []string{"what's in this?","what's in it?","whats in this release","what is in xtx7423cfird-1?","what does this contain?","which commits are in this?","what commits are going out","what are the changes?","show me the changes","show the changelog","changelog?","who wrote this?","who are the authors","what's new in this release?","diff?","what would this ship?","what does it change?","what changed?","who approved?","who approved this?","has anybody approved it?","who signed off?","approved by whom?","who can approve this?","who needs to approve?","why is it waiting?","what is it waiting for?","who is it waiting for?","what changed since Tuesday?","what changed in shop production since 2026-11-20?","what was deployed to shop production since yesterday","what happened in production since monday","what has been released in the last 3 days?","what changed in prod this week?","history of shop in production since 20 Nov","was ist da drin?","wer hat das freigegeben?","qui a approuvé ?","what's in shop 1.4.2?","what's the weather?","what's in the fridge?","what changed in the meeting","who approved my vacation?","deploy shop 1.4.2 to production, what's in it?","what's in this? deploy it to staging","lgtm","who approved shop 1.4.2 in production?","how many commits?","is alice in this?","who are the authors of web staging"} {
  for _,r:=range [][]agent.ReleaseBrief{rel,nil} {
  p,_:=rules.New().Plan(context.Background(),agent.PlanInput{Words:w,At:time.Date(2026,11,26,10,0,0,0,time.UTC),Catalog:cat,Releases:r})
  b,_:=json.Marshal(p.Intent); s:=string(b); if len(s)>170{s=s[:170]}
  fmt.Printf("%-50s %d %s\n",w,len(r),s)
  }
 }
}
